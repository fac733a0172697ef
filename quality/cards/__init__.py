"""Scorecards: what a talk is judged by, as data with versions."""
