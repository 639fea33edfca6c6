"""What is put into other systems so that they run the grader: a workflow, an autograder's package."""
