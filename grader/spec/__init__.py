"""Specs: what an assignment asks for, as data. A YAML file in, a `Spec` or every mistake in it at once out."""
