"""Working days and hours: the production calendar, a company's own days, a week's schedule."""
