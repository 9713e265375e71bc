"""Check: every block and setting stands where the vocabulary of the language allows it."""
