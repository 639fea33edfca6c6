"""The checks: one file per kind, found by walking this folder.

A file here defines `Rule` (what the spec may say, a pydantic model) and `judge` (a pure function of that rule
and the evidence). Nothing else has to be touched to add one.
"""
