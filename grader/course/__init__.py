"""What concerns more than one submission: where runs are stored."""
