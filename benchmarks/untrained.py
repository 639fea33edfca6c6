"""How well untrained honest models tell digits apart by chance: `python benchmarks/untrained.py`, with GRADER_DATA set.

The models are our own, so they are built here, without a sandbox. Prints a Markdown table for results/.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from statistics import mean
from types import ModuleType

import numpy as np
import torch

from grader.data.interface import load
from grader.evaluation.probes_images import best_naming

HERE = Path(__file__).parent
IMAGES, SEEDS = 500, 20


def main() -> None:
    torch.set_num_threads(1)
    data = load("mnist", data_dir=None)
    pixels = torch.from_numpy(data.test_images[:IMAGES].astype(np.float32)).unsqueeze(1) / 255
    images, labels = (pixels - data.mean) / data.std, data.test_labels[:IMAGES]
    honest = module(HERE / "honest_models" / "model.py")
    reference = module(HERE.parent / "reference_models" / "s4" / "model.py")
    names = ("Plain", "Pooled", "Depthwise", "Flat", "Grouped", "FixedFilters", "NeverEvaluates")
    kinds = [reference.DigitNet, *(getattr(honest, name) for name in names)]
    print(f"| model | mean of {SEEDS} seeds | highest |\n| --- | ---: | ---: |")
    for kind in kinds:
        found = [told_apart(kind, seed, images, labels) for seed in range(SEEDS)]
        print(f"| {kind.__name__} | {100 * mean(found):.1f} | {100 * max(found):.1f} |")


def told_apart(kind: type[torch.nn.Module], seed: int, images: torch.Tensor, labels: np.ndarray) -> float:
    torch.manual_seed(seed)
    model = kind().eval()
    with torch.no_grad():
        return best_naming(model(images).numpy(), labels)


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"benchmark_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


if __name__ == "__main__":
    main()
