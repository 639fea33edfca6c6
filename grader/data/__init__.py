"""Data sets: where they are looked for, how they are verified and downloaded, and arrays in memory."""
