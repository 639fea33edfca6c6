"""Specs: what an assignment asks for, as data. A YAML file in; a `Spec`, or all its mistakes, out."""
