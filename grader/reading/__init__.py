"""What can be known of a submission without running anything of it."""
