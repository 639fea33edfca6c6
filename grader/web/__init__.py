"""The guarded request: the only part that asks an address which a student gives."""
