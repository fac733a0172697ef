"""Numbers that people read off a bill and key on a telephone: check digits, accounts."""
