"""What happened in a call, stored behind its back."""
