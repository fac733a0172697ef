"""What callers meet, as one thing that people change: drafts, their check, versions, and the files themselves."""
