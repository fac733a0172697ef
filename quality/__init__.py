"""What is made of a stored conversation: its words, its measures, what listeners say of it, how it is judged."""
