"""What the worklist's steps are made of: what is told to it, the item a contact joins, many items at once."""
