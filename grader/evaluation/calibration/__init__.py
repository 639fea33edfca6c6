"""What was measured and is judged with: tables that `python benchmarks/calibrate.py` writes, and their `rows`."""
