"""Measures of every recording that need no listener: from the sound's energy, and from rules over its words."""
