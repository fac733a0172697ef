"""What proves the register: the check of its chains and the evidence bundle."""
