"""The caller's voice as an answer: said instead of keyed, and keyed wherever nothing can be heard."""
