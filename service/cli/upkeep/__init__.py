"""Commands about the installation itself: its files, its shape, what is wrong with it."""
