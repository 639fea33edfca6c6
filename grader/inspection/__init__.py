"""What a model is: parameter accounting, layers, operator kinds. Runs in workers only."""
