"""Who hands in, and where: lists as they come, read without losing a row."""
