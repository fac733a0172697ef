"""What comes in: checked, completed, turned into rows."""
