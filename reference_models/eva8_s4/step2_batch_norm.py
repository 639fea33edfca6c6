"""Step 2: batch normalisation.

Target: no epoch that is lost, and more than the 99.27 % of step 1 in fewer epochs than its 15, still with fewer than 8,000
parameters. Batch normalisation keeps the signal of each layer at one size, which is what the skeleton lacks.
Result: 7,662 parameters. The first epoch ends with 83.70 % of the training images instead of 33 %. After 6 epochs 99.44 %
of the training images and 99.34 % of the test images are right.
Analysis: Six epochs give more than fifteen did before. What is left is the second fault of step 1: the training accuracy
is above the test accuracy already, and more epochs on the same images would widen that gap and not reach 99.4 %. The
images have to change, step 3.
"""

from __future__ import annotations

from model import SmallNet
from train import make_plain_loaders, run

if __name__ == "__main__":
    run(SmallNet, make_plain_loaders, epochs=6)
