"""Where a person is asked for: their queue, a call back instead of it, a message where nobody answers."""
