"""What was promised while the database was away, and how it reaches the register."""
