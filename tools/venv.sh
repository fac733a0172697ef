#!/bin/sh
# Makes .venv with everything of requirements.lock; the machine needs no more than Debian's python3.
set -eu
cd "$(dirname "$0")/.."

stamp=.venv/.installed
wanted=$(cat requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1)
[ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && exit 0

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Нужен Python 3.11 или новее: apt-get install python3 python3-venv" >&2
    exit 1
fi
if [ ! -x .venv/bin/pip ]; then
    rm -rf .venv
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        rm -rf .venv
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            echo "Ставлю python3-venv"
            apt-get -qq update
            DEBIAN_FRONTEND=noninteractive apt-get -qq install -y python3-venv >/dev/null
            "$python" -m venv .venv
        else
            echo "Нет модуля venv. Выполните: sudo apt-get install -y python3-venv" >&2
            exit 1
        fi
    fi
fi
echo "Ставлю библиотеки Python (requirements.lock)"
log=.venv/install.log
if ! { .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock &&
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps -e .; } >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
echo "$wanted" > "$stamp"
