"""Reports: each figure is counted from the events, and can list the appeals behind it."""
