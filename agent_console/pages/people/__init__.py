"""The pages of people: signing in, accounts, users, the audit."""
