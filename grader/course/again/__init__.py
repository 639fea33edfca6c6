"""Stored evidence judged again, and what comes out differently."""
