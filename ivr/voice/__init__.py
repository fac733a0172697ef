"""What a caller hears: prompts, spoken Russian, synthesis."""
