"""Where the attempts of a batch run: one file per kind."""
