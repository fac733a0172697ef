"""What everybody may see and say without signing in: outages from memory, and forms that feed the line's own stores."""
