"""What a menu can do: one file per action."""
