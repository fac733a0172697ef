"""No power, no water: one branch that asks the place, tells what is known of it, and takes the report."""
