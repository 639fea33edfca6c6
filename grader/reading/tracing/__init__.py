"""Following a student's training code on paper: names and constants are known, nothing is executed."""
