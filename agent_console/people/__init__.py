"""The people who use the console: sessions, permissions, audit."""
