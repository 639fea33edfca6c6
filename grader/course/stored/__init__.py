"""Stored runs: their folders, the index over them, and what becomes of them."""
