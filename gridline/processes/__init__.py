"""What the processes of one installation have between them: news of what was changed, leases of background work."""
