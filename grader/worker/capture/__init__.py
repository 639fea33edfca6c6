"""Recipe capture: the student's own training code runs here with stand-ins for data, loaders and accelerator.

Everything in this folder runs inside of the sandbox, in a worker of its own that ends with the capture, and may
change libraries in place. What it records lies within reach of the student's code: it is a claim.
"""
