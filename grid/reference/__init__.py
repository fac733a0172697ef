"""What callers are told and agents read of the company's services, from one source, read anew when it changes."""
