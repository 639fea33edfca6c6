"""Grades deep-learning assignments: evidence first, judgement after.

Importing this package imports nothing else: the command line starts fast, and workers take only what they need.
"""

__version__ = "0.1.0"
