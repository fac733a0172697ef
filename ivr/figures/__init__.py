"""Figures of queues and agents, counted from stored events."""
