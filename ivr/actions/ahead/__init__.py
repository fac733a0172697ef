"""What every caller hears before the menu: the recording notice, and what a dispatcher announces."""
