"""Transforms of torchvision, both versions: a file each, found by walking this folder."""
