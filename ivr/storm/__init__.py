"""Storm mode: the line serves nearly everybody without a person while thousands call at once, and says why it does."""
