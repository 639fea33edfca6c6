"""The faithful lane in the worker: the student's own loop on the real training images, counted and stopped.

The unit runs as in a capture; data sets and loaders are the ones that are different here: they hold real images
and give every batch.
"""
