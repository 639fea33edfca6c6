"""Networks for CIFAR-10: one file for each family."""
