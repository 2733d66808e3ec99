"""Chinese: time expressions, numbers, text cleaning."""
