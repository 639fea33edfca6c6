"""The stages that talk to workers: find the model, train it, score it. `grader.pipeline` calls them in order."""
