"""How each kind of check is measured, in the words of a student's page, with the numbers of its rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.checks.interface import Rule, modules
from grader.checks.readme import TOPICS_SAID
from grader.checks.workbook import BEGINS_WITH
from grader.spec.sentences import counted, number, percent
from grader.spec.terms import CONDITION_ID

_COUNTED = {
    "registered": "Every registered parameter counts, trainable or not, and a shared one once.",
    "trainable": "Every parameter that requires a gradient counts, a shared one once.",
    "used": "Every parameter that the forward pass takes counts, a shared one once.",
}


def how_measured(rule: Rule) -> list[str]:
    """Sentences about one check of a spec. A kind that has none here is described by its own file's first words."""
    said = _SAID.get(rule.check)
    if said is not None:
        return said(rule)
    return [" ".join((modules()[rule.check].__doc__ or "").strip().split("\n\n")[0].split())]


def _parameters(rule: Any) -> list[str]:
    return [
        _COUNTED[rule.counting],
        "The grader counts them itself; a number that your README or a summary prints is not taken.",
    ]


def _test_accuracy(rule: Any) -> list[str]:
    last = rule.in_each_of_the_last
    when = f"after each of the last {last} epochs" if last else "after the last epoch"
    return [
        f"The grader trains your model itself and counts the right answers on the official test images {when}.",
        f"The mean over the grader's seeds has to be {percent(rule.at_least)} or more. "
        "Never the best seed, and never the best epoch.",
        "Where the seeds cannot tell above from below, a person decides, and nothing is lost until then.",
    ]


def _training_accuracy(rule: Any) -> list[str]:
    return [
        "The grader trains your model itself, and shows it every training image once more after the last epoch. "
        "The running average that a training loop prints is not taken.",
        f"The mean over the grader's seeds has to be {percent(rule.at_least)} or more.",
        "Where the seeds cannot tell above from below, a person decides, and nothing is lost until then.",
    ]


def _readme(rule: Any) -> list[str]:
    said: dict[str, str] = {
        "architecture": "a section or table outside of code blocks, of at least 60 words, says what at least "
        "three kinds of layers of your model do; a stated number of parameters is right",
        "training log": "one line per trained epoch with its test accuracy, as text, as a table, or in the saved "
        "output of the linked notebook; of a picture, a person decides",
        "model summary": "the table of layers as torchsummary or torchinfo prints it, as text in the README or in the "
        "saved output of the linked notebook, with the number of parameters that your model has",
        "well formatted": "a title, two further headings, code and logs in code blocks or tables, no broken "
        "picture or link",
        **{name: f"{said}; where words cannot tell, a person reads it" for name, said in TOPICS_SAID.items()},
    }
    return [f"*{part}*{_share(rule, rule.points_of(part))}: {said[part]}." for part in rule.parts]


def _share(rule: Rule, points: float) -> str:
    """A part's points; a condition has none to share out."""
    return "" if rule.id == CONDITION_ID else f" ({number(points)} points)"


def _uses(rule: Any) -> list[str]:
    what = "What runs in the forward pass counts, as a module or as a plain function call."
    if rule.id == CONDITION_ID:
        return [what]
    share = number(rule.points / (len(rule.wanted) + len(rule.without)))
    return [what, f"Each of them has an equal share, {share} points."]


def _clean_method(rule: Any) -> list[str]:
    listed = [f"*{fault}*" for fault in rule.free_of]
    return [
        "What was seen while your code ran, or in its log, decides; what was only read goes to a person.",
        f"Looked for{'' if rule.id == CONDITION_ID else ', with equal shares'}: {', '.join(listed)}.",
    ]


def _honest_claims(rule: Any) -> list[str]:
    after = "a person looks" if rule.when_not == "review" else "the points are lost"
    return [
        f"A count may be too low by {percent(rule.parameters_within)}, an accuracy too high by "
        f"{counted(100 * rule.accuracy_within, 'point')} beyond its noise. Where one is further off, {after}.",
        "A number that makes the work look worse than it is never counts.",
    ]


def _manual(rule: Any) -> list[str]:
    return ["A person decides, with the evidence beside the question.", *rule.hints]


def _structure(_: Any) -> list[str]:
    return ["It is read off what runs in one forward pass at the size of the assignment's images."]


def _one_group(rule: Any) -> list[str]:
    named = {feature for one in rule.each for feature in one.uses}
    said = "`GroupNorm(1, C)` has the statistics of layer norm and counts as layer norm, not as group norm."
    return [said] if named & {"group norm", "layer norm"} else []


def _variants(rule: Any) -> list[str]:
    share = (
        ""
        if rule.id == CONDITION_ID
        else f" Each variant has an equal share, {number(rule.points / len(rule.each))} points."
    )
    return [
        "Your model is built for each value that your own code gives to the argument or compares it with, and for one "
        f"more; what then runs in a forward pass counts, whatever the values are called.{share}",
        *_one_group(rule),
        "Where no value is found that builds a variant, a person looks.",
    ]


def _comments(rule: Any) -> list[str]:
    cells = "" if rule.id == CONDITION_ID else " Each cell counts the same."
    return [
        f"A cell is commented where its comments and docstrings have at least {counted(rule.words, 'word')}.{cells}",
        "Code that was commented out is no comment, and a text cell above does not replace one. A cell that only shows "
        "something, such as a name or one `print`, needs none.",
        "Of several notebooks, the one with your model counts.",
    ]


def _layer_comments(rule: Any) -> list[str]:
    by_rule = (
        "The class's rule counts: a convolution adds its kernel less one, and pooling doubles the field. The exact "
        "field is right as well."
    )
    field = by_rule if rule.pooling == "doubles" else "The field is the exact one, as the grader measures it."
    of_field = [field, "A fully connected layer sees the whole image; its field is not asked for."]
    return [
        "Read is the comment on the line of each convolution, pooling and fully connected layer, or directly above it: "
        "where it is built, or where `forward` applies it. What it states is compared with what runs.",
        *(of_field if "receptive field" in rule.states else []),
        "Written as you like: `input 28x28x8, RF 5x5`, `channels 8 -> 16 | RF: 5`, `8@28x28, receptive field = 5`.",
    ]


def _workbook(rule: Any) -> list[str]:
    said = ["The grader opens the .xlsx file and works its formulas out itself; nothing in it is run."]
    if rule.first_error is not None:
        said.append(BEGINS_WITH)
    if rule.right:
        said.append(
            "Each value is held against what follows from the values before it, so that one mistake counts once. "
            "Columns are found by their values, else by their headers, in any order."
        )
    if rule.learning_rates:
        said.append(
            "The total errors for a learning rate may be pasted as values, over at least 10 iterations; they belong to "
            "the rate that gives them, whatever is written above."
        )
    if rule.id != CONDITION_ID and rule.parts[1:]:
        share = number(rule.points / len(rule.parts))
        said.append(f"Each of these has an equal share, {share} points: {', '.join(rule.parts)}.")
    return [*said, "A table that is not recognised, and a graph that is only a picture, go to a person."]


def _web(rule: Any) -> list[str]:
    where = (
        [
            "The host's name decides where it runs: names of serverless services count, bare addresses and names of "
            "virtual machines do not, and of any other name a person decides."
        ]
        if rule.host == "serverless"
        else []
    )
    return [
        "Write the whole address into the README. The grader sends a GET request to it, up to three times, and the "
        f"fastest good answer has to be complete within {number(rule.answers_within)} s: status 2xx, with content.",
        *where,
        "Ports 80 and 443 alone, no user name in the address, and at most three redirects. "
        "What may be the network's fault goes to a person, and nothing is lost by it.",
    ]


def _anchors(rule: Any) -> list[str]:
    within = counted(100 * rule.mean_iou_within, "point")
    table = "the table of classes, " if rule.class_distribution else ""
    readme = " and the README of its own" if rule.own_readme else ""
    shared = f"Equal shares for {table}each k{readme}."
    return [
        *([] if rule.id == CONDITION_ID else [shared]),
        "The boxes come from your annotation file, so commit it; where you name COCO's `instances_train2017` or "
        "`instances_val2017`, from the published one.",
        "The grader runs k-means on width and height as shares of the image. Your anchors may be found in any way: "
        f"their mean IoU on all boxes may be {within} lower at most, and the one that you state {within} off.",
        "Write anchors as (width, height), as shares of the image or in pixels of a size that you state.",
        "What cannot be read or compared goes to a person, and nothing is lost until then.",
    ]


_SAID: dict[str, Callable[[Any], list[str]]] = {
    "parameters": _parameters,
    "test_accuracy": _test_accuracy,
    "training_accuracy": _training_accuracy,
    "readme": _readme,
    "uses": _uses,
    "variants": _variants,
    "web": _web,
    "anchors": _anchors,
    "clean_method": _clean_method,
    "comments": _comments,
    "layer_comments": _layer_comments,
    "honest_claims": _honest_claims,
    "manual": _manual,
    "receptive_field": _structure,
    "map_size": _structure,
    "output": _structure,
    "architecture": _structure,
    "workbook": _workbook,
}
