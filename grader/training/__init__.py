"""The harness's own training: recipe, loop. Runs in workers only."""
