"""Scoring outside of the sandbox: the only place where test labels are."""
