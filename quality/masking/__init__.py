"""Personal data in what was said: found in the words of a transcript, and hidden from whoever may not read it."""
