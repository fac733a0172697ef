"""The commands that run the line; they are called like all others, `gridline serve` and `gridline demo`."""
