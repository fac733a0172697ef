"""The live board: who is calling, waiting, talking, free."""
