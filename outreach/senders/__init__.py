"""How messages leave the house: the port, and an adapter for each way."""
