# Two commands do all on a fresh Debian 12: `make demo` and `make test`.
.PHONY: demo setup test check lint bench house docs venv lock

demo: setup            ## real calls at once, embedded defaults
	.venv/bin/gridline demo

setup: venv            ## everything the product needs; a second run takes seconds
	.venv/bin/gridline setup

test: venv             ## everything, real calls included
	.venv/bin/gridline setup --tests
	.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder  # a third would take sound from calls

check: setup lint      ## every day: lint, unit tests, both databases; no calls, no browser
	.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests/unit tests/store

lint: venv             ## ruff, mypy --strict, import-linter
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/mypy tools
	.venv/bin/lint-imports

bench: setup           ## the figures of docs/performance.md
	.venv/bin/gridline bench all

house: venv            ## how the tree is built, in figures
	.venv/bin/python tools/house.py

docs: venv             ## menus and settings into README and docs, after a change of theirs
	.venv/bin/python tools/docs.py

venv:
	@tools/venv.sh

lock: venv             ## after a change of dependencies in pyproject.toml
	.venv/bin/pip install --quiet pip-tools
	.venv/bin/pip-compile --quiet --extra dev --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--generate-hashes --output-file requirements.lock pyproject.toml
	.venv/bin/python -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
		print(*p["optional-dependencies"]["whisper"], sep="\n")' | \
		.venv/bin/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--generate-hashes --constraint requirements.lock --output-file requirements-whisper.lock -
