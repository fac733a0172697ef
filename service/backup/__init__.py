"""Everything of an installation that cannot be made again: copied while calls run, brought back into an empty one."""
