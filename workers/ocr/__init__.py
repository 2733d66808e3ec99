"""Reading the writing in pictures."""
