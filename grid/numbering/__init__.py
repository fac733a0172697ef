"""The official numbering tables: whose a range of numbers is and of which region, so that a caller's can be guessed."""
