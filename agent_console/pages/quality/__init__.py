"""The pages of judging: the queue, a talk's scorecard, an agent's own reviews."""
