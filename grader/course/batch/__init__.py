"""A whole roster graded under one spec."""
