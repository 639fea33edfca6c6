"""Step 2: batch normalisation.

Target: t
Result: x
Analysis: y
"""

from __future__ import annotations

from model import SmallNet
from train import make_plain_loaders, run

if __name__ == "__main__":
    run(SmallNet, make_plain_loaders, epochs=6)
