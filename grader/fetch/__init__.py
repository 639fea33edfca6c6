"""Where a submission comes from: a git repository or a folder, staged as plain files that nothing can run."""
