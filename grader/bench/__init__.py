"""The benchmark: models × specs × seeds as a study, comparisons of two studies, leaderboards."""
