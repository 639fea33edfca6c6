"""Which submissions are alike beyond what all of them have in common. Code is read here and never run."""
