"""Walks through the menus by typed keys: one file each, as the terminal shows it."""
