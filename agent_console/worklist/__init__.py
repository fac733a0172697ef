"""The worklist («Дела») as the console shows it: rows by role, live, with the alarm of every page."""
