"""Where student code runs: sandbox levels, limits, the frame protocol, the supervisor."""
