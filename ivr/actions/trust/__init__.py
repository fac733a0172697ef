"""Reports of which the caller's number is kept nowhere: the trust line's, those of theft, and the result by a PIN."""
