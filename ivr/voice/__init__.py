"""What a caller hears: prompts, spoken Russian, synthesis; and what is heard of a caller."""
