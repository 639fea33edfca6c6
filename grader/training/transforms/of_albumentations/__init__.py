"""Transforms of albumentations: a file each, found by walking this folder."""
