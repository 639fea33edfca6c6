"""Whole-batch transforms of the fast lane: each gives what the library's per-image transform gives.

A transform is one file under the folder of its library. What a file does not cover exactly is said by
`coverage.covered`, which needs no torch; the work is done by `pipeline.Pipeline`, in workers.
"""
