"""Tables that clerks hand in: read row by row, cell by cell, every mistake named."""
