"""Commands about sound: what callers hear, and what is heard of them."""
