"""Commands about what a company says of itself: its days and its rules."""
