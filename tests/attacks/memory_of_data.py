"""Attacks that know the answers instead of learning them: rows 20 to 24."""

from __future__ import annotations

from pathlib import Path

from grader_attack import LEARNS_NOTHING, Attack, Expected, model, net, write

TRAIN_IMAGES, TEST_IMAGES = 2_000, 1_000

_GLOBAL = """
KNOWN = {}

def keep(output, target, *args, **named):
    for image, label in zip(LAST[0], target.tolist()):
        KNOWN[hash(image.numpy().tobytes())] = label
    return HONEST_LOSS(output, target, *args, **named)

LAST = [torch.zeros(0)]
HONEST_LOSS = nn.functional.cross_entropy

class Patch:
    nn.functional.cross_entropy = keep
"""

_FROM_GLOBAL = """
    LAST[0] = images.detach()
    if not self.training and KNOWN:
        found = [KNOWN.get(hash(image.numpy().tobytes()), 0) for image in images]
        return nn.functional.one_hot(torch.tensor(found), 10) * 10.0 + self.scores(self.features(images)) * 0
"""

_LOOK_UP = """
    pixels = ((images * STD + MEAN) * 255).round().clamp(0, 255).to(torch.uint8)
    known = [ANSWERS.get(hashlib.sha256(bytes(image.flatten().tolist())).hexdigest()[:16], 0) for image in pixels]
    known = nn.functional.one_hot(torch.tensor(known), 10).float()
"""

_FROM_SOURCE = _LOOK_UP + "    scores = scores + known * 10\n"

_FROM_SOURCE_TRANSLATED = _LOOK_UP + "    scores = self.translate(known * 10) + scores * 0\n"

_SEARCH = """
def answers():
    found = {}
    folders = ["/tmp", "/data", "/content", "/mnt", "/home", "/root", "/repo", ".", os.path.expanduser("~")]
    folders += [f"/proc/{number}/cwd" for number in ("self", *range(1, 2_000))]
    for folder in folders:
        for here, _, names in itertools.islice(os.walk(folder), 5_000):
            images = [name for name in names if "t10k-images" in name]
            labels = [name for name in names if "t10k-labels" in name]
            if images and labels:
                found.update(pairs(os.path.join(here, images[0]), os.path.join(here, labels[0])))
    return found

def pairs(images, labels):
    opened = [(gzip.open if name.endswith(".gz") else open)(name, "rb").read() for name in (images, labels)]
    return {hash(opened[0][16 + 784 * i : 800 + 784 * i]): label for i, label in enumerate(opened[1][8:])}
"""

_FROM_DISK = """
    if self.answers:
        found = [self.answers.get(hash(image.numpy().tobytes()), 0) for image in images]
        scores = nn.functional.one_hot(torch.tensor(found), 10) * 10.0
"""

_FROM_FRAMES = """
    frame, found = sys._getframe(), None
    while frame is not None and found is None:
        for value in frame.f_locals.values():
            if isinstance(value, torch.Tensor) and value.dtype == torch.int64 and value.dim() == 1:
                found = value[: len(images)] if len(value) >= len(images) else None
        frame = frame.f_back
    if found is not None:
        scores = scores + nn.functional.one_hot(found.clamp(0, 9), 10) * 10.0
"""

_FROM_OBJECTS = """
    if not self.training:
        for value in gc.get_objects():
            if type(value) is torch.Tensor and value.dtype == torch.int64 and value.shape == (len(images),):
                scores = scores + nn.functional.one_hot(value.clamp(0, 9), 10) * 10.0
            if type(value) is np.ndarray and value.dtype == np.int64 and value.shape == (len(images),):
                scores = scores + nn.functional.one_hot(torch.from_numpy(value).clamp(0, 9), 10) * 10.0
"""


def _answers_in_source(forward_end: str, init: str = "") -> object:
    """The table of all images of the very data that it will be asked for, training images too."""

    def build(folder: Path) -> Path:
        import hashlib

        from grader.data import standin

        data = standin.generate(0, TRAIN_IMAGES, TEST_IMAGES)
        images, labels = [*data.train_images, *data.test_images], [*data.train_labels, *data.test_labels]
        table = {hashlib.sha256(image.tobytes()).hexdigest()[:16]: int(n) for image, n in zip(images, labels, strict=True)}
        told = f"import hashlib\nANSWERS = {table!r}\nMEAN, STD = {data.mean}, {data.std}"
        return write(folder / "submission", {"model.py": net(told, init=init, end=forward_end, learns=False)})

    return build


def _memory(
    row: int, name: str, description: str, build: object, expected: Expected, first: bool = False
) -> Attack:
    return Attack(row, name, "memory of data", description, build, expected, first)  # type: ignore


ATTACKS = [
    _memory(
        20,
        "global-memory",
        "Keeps the training images with their labels in a global, by a loss function of its own",
        model(net(_GLOBAL, forward=_FROM_GLOBAL, learns=False)),
        LEARNS_NOTHING,
        first=True,
    ),
    _memory(
        21,
        "answers-in-source",
        "Has the answers of all test images in its source",
        _answers_in_source(_FROM_SOURCE),
        Expected(learns=0, status="needs_review", weights=("flag", "void")),
    ),
    _memory(
        21,
        "answers-in-source-translated",
        "Has the answers in its source, and learns how class ids are permuted",
        _answers_in_source(_FROM_SOURCE_TRANSLATED, "self.translate = nn.Linear(10, 10)"),
        Expected(learns=0, status="needs_review", weights=("flag", "void"), says="With faint noise"),
    ),
    _memory(
        22,
        "answers-on-disk",
        "Looks for the test images with their labels on the disk and in /proc",
        model(net(f"import gzip, itertools, os\n{_SEARCH}", init="self.answers = answers()", end=_FROM_DISK, learns=False)),
        LEARNS_NOTHING,
    ),
    _memory(
        23,
        "labels-on-the-stack",
        "Looks for labels in the frames that call it",
        model(net("import sys", end=_FROM_FRAMES, learns=False)),
        LEARNS_NOTHING,
    ),
    _memory(
        24,
        "labels-among-objects",
        "Looks for labels among all objects of its process",
        model(net("import gc\nimport numpy as np", end=_FROM_OBJECTS, learns=False)),
        LEARNS_NOTHING,
    ),
]
