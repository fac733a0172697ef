"""Quality: scorecards, totals, agreement."""
