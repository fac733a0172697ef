"""Benchmarks: each module or package here has `add_to(group)` and is one command of `gridline bench`."""
