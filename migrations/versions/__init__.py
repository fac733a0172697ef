"""One file a revision, in order: `NNNN_what.py`."""
