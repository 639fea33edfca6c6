"""What a training session does with its data: which images it measures on, how they are changed and ordered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.evaluation.method import Method
from grader.evaluation.quoting import quote, search, without_line
from grader.records import Absent, Call, Loading, Remark

SAME_NORMALISATION = 0.005
"""Means and deviations that differ by less, on the scale 0 to 1, do the same to a model."""

_CALL = r"^(?!\s*def\b).*?(?:test|eval|valid)\w{0,40}\s{0,4}\([^)]*train"


def measured_on_training(method: Method) -> Iterator[Remark]:
    """Every evaluation passes over all of the training images; a part held back from them is legitimate."""
    used = method.used
    if not used or any(one.loading.split != "train" for one in used) or not method.knows("evaluations.split"):
        return
    first = used[0]
    count = f"the {first.loading.images:,} training images" if first.loading.images else "the training images"
    why = (
        f"Every evaluation of this training runs on {count}, so its accuracy does not say how the model does on "
        "images that it has not seen."
    )
    # The call says it best: it stands where the training is, and names the loader that it hands over.
    call = quote(method.source, without_line(method.session.place), (_CALL,))
    place = call.place if call.text else first.place or first.loading.place
    yield method.remark(
        "measured on the training set", place, why, (_CALL, r"\b(?:test|evaluate|validate)\w*\s*\(")
    )


def trained_on_test(method: Method) -> Iterator[Remark]:
    """The training passes over a mixture that holds test images; only what was seen while it ran tells."""
    found = method.session.training
    if not method.captured or isinstance(found, Absent) or found.split != "unclear":
        return
    if not any(_TOGETHER in f"{name} {reason}".lower() for name, reason in method.session.unknown[:100]):
        return
    count = f"the {found.images:,} images" if found.images else "the images"
    why = (
        f"Among {count} that it trains on are test images, so an accuracy on the test set does not say how the "
        "model does on images that it has not seen."
    )
    places = [place for place in (found.place, method.session.place, method.session.unit) if place]
    concatenated = r"^(?!\s*(?:def|class)\b)[^#]*?\bConcatDataset\s{0,4}\("
    built = search(method.source, places, (concatenated + ".*test", concatenated))
    if built.text:
        yield method.quoted("trained on test images", built, why)
    else:
        yield method.remark("trained on test images", found.place, why, (r"DataLoader\s*\(",))


_TOGETHER = "training and test images together"


def random_test_data(method: Method) -> Iterator[Remark]:
    """Test images that differ from look to look. Only behaviour counts: text misleads."""
    if not method.captured:
        return
    used = [one.loading for one in method.used if _random_test(one.loading)]
    unused = [one for one in method.unused if _random_test(one)]
    patterns = (r"train\s*=\s*False", r"transform\s*=", r"DataLoader\s*\(")
    if used:
        why = (
            "The same test image comes out differently each time, so the accuracy depends on chance and is of "
            "other images than those of the test set."
        )
        yield method.remark("test data with random augmentation", used[0].place, why, patterns)
    elif unused:
        why = (
            "The same test image comes out differently each time; this set was never evaluated, so no number "
            "comes from it."
        )
        yield method.remark("test set with random augmentation, never used", unused[0].place, why, patterns)


def _random_test(one: Loading) -> bool:
    return one.split in ("test", "part of test") and one.randomness == "random"


def not_shuffled(method: Method) -> Iterator[Remark]:
    """The training images come in the same order in each epoch."""
    found = method.session.training
    if isinstance(found, Absent) or found.shuffled or not method.knows("training.shuffled"):
        return
    if found.split not in ("train", "part of train") or 0 < found.images <= found.batch_size:
        return
    why = (
        "Every epoch shows the same images in the same batches and in the same order, which costs accuracy and "
        "makes the result depend on that order."
    )
    patterns = (r"shuffle\s*=\s*False", r"shuffle", r"DataLoader\s*\(")
    yield method.remark("training without shuffling", found.place, why, patterns)


def part_of_training(method: Method) -> Iterator[Remark]:
    """Said so that nobody has to wonder: it is good practice."""
    found = [one for one in method.held_out if one.loading.split == "part of train"]
    if found:
        why = "Images held back from the training set and not trained on are a legitimate validation set."
        place = found[0].loading.place or found[0].place
        patterns = (
            r"^(?!\s*(?:def|class)\b).*(?:random_split|Subset|train_test_split|SubsetRandomSampler)\s{0,4}\(",
            r"DataLoader\s*\(",
        )
        yield method.remark("validation on a part of the training data", place, why, patterns)


def other_normalisation(method: Method) -> Iterator[Remark]:
    """Test images are brought to another scale than those that the model learned from."""
    training = method.session.training
    if not method.captured or isinstance(training, Absent) or not method.knows("training.transforms"):
        return
    for one in method.held_out:
        if one.loading.data_set == training.data_set and _differ(training, one.loading):
            why = (
                "The model is tested on pixels of another scale than those that it was trained on, which "
                "usually lowers its accuracy."
            )
            place = one.loading.place or one.place
            yield method.remark(
                "different normalisation for train and test",
                place,
                why,
                (r"Normalize\s*\(",),
                _normalised(one.loading),
            )
            return


def _differ(training: Loading, test: Loading) -> bool:
    """Both are wholly made of known transforms of one library, and they normalise differently."""
    calls = (*training.transforms, *test.transforms)
    libraries = {call.library.partition(".")[0] for call in calls}
    if not training.transforms or not test.transforms or len(libraries - {"torch"}) != 1 or "" in libraries:
        return False  # a transform of the student's own may normalise by itself
    mine, theirs = ([one for one in had.transforms if one.name == "Normalize"] for had in (training, test))
    if len(mine) != len(theirs):
        return max(len(mine), len(theirs)) == 1 and libraries <= {"torchvision", "torch"}
    return len(mine) == 1 and _numbers_differ(mine[0], theirs[0])


def _numbers_differ(mine: Call, theirs: Call) -> bool:
    a, b = _numbers(mine), _numbers(theirs)
    if not a or len(a) != len(b):
        return False
    return any(abs(x - y) > SAME_NORMALISATION for x, y in zip(a, b, strict=True))


def _numbers(call: Call) -> list[float]:
    """Means, then deviations; [] where they are not written as numbers."""
    given = dict(call.arguments)
    texts = [str(given.get(name, ""))[:200] for name in ("mean", "std")]
    if not all(re.fullmatch(r"[\[(]?\s*[\d.,\se+-]+[\])]?", text) for text in texts):
        return []
    return [float(n) for text in texts for n in re.findall(r"\d+(?:\.\d*)?(?:e-?\d{1,2})?", text)]


def _normalised(loading: Loading) -> str:
    return next((call.text for call in loading.transforms if call.name == "Normalize"), "")
