"""Search of talks by what was said in them, and by what was measured of them."""
