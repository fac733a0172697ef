"""The two database drivers themselves, under what every call asks and leaves."""
