"""What the company knows: subscribers, premises, outages, connection applications."""
