"""What a student reads of an integrity probe: no figure, no threshold, and nothing of how it was done.

`grader.evaluation.probes` words each probe for the staff. Here the same probes are worded for who handed the work in:
what a person will look at, and where an innocent mistake is the usual cause, that mistake and how to mend it.
"""

from __future__ import annotations

from dataclasses import dataclass

from grader.records import Probe


@dataclass(frozen=True)
class Said:
    """A probe in a student's words."""

    subject: str  # "A person will look at ..."
    note: str = ""  # where it changes nothing
    void: str = ""  # where the number is not used


SEEN = "the work as a whole"
"""The subject of a probe that is not known here, and the name under which clean ones are summed up."""

WORDS: dict[str, Said] = {
    "state size": Said("what the trained state holds"),
    "buffers": Said("what the model keeps in its buffers"),
    "finite scores": Said(
        "the scores that are no numbers",
        note="Some test images got a score of NaN or infinity. Look for a division, a logarithm or a rate that is "
        "too high.",
    ),
    "scrambled state": Said(
        "where the answers come from",
        void="The answers do not come from the trained state, so its accuracy is none of the model's. An answer must "
        "be worked out from the image and from the parameters that were trained.",
    ),
    "two orders": Said(
        "answers that depend on other images",
        note="The same image got another score among other images. As a rule this is a mistake: a batch norm that "
        "stays in train mode, or dropout that stays on (F.dropout without training=self.training). An answer must "
        "depend on its own image alone, so the lowest accuracy that was measured is judged.",
    ),
    "state while predicting": Said(
        "what changes while the model predicts",
        note="Something in the model changed while it predicted. As a rule a batch norm stays in train mode: call "
        "model.eval(), and do not call train() in forward.",
    ),
    "learning while predicting": Said("what the model does while it predicts"),
    "batch sizes": Said(
        "the sizes of batches",
        note="Not every size of a batch works. Usually a squeeze() takes the batch away with a single image: name the "
        "dimensions, as in squeeze((2, 3)), or use flatten(1). This costs nothing.",
    ),
    "perturbed images": Said("how the model answers for the test images"),
    "start and seed": Said(
        "where the initial values come from",
        note="Initial values are the same under every seed: a seed in the code, or fixed filters. Harmless: it is "
        "only mentioned.",
    ),
    "untrained accuracy": Said("what the model knows before it is trained"),
    "hidden values": Said("values that are neither parameters nor buffers"),
    "tensors outside of the state": Said(
        "tensors outside of the model's state",
        note="After the training, tensors lay outside of the model's state. They were not used for the answers.",
    ),
    "steps": Said(
        "how the parameters are changed",
        note="The code changes its parameters beside the optimizer.",
    ),
    "repository": Said("data in the source"),
    "files in passing": Said(
        "files that the training does not use",
        note="The repository holds files that the grader's training does not use, such as trained weights. They are "
        "only mentioned.",
    ),
    "all probes": Said("how the model answers"),
}
_BY_SUBJECT = {said.subject: said for said in WORDS.values()}


def said_of(probe: Probe) -> Probe:
    """The probe as a student reads it; one that was worded already stays as it is.

    The detail of a flag is empty: its subject is all that is said.
    """
    found = WORDS.get(probe.name) or _BY_SUBJECT.get(probe.name) or Said(SEEN)
    if probe.weight == "clean":
        return Probe(SEEN, "clean", "")
    if probe.weight == "flag":
        return Probe(found.subject, "flag", "")
    if probe.weight == "void":
        return Probe(found.subject, "void", found.void or "A measured number could not be used.")
    return Probe(found.subject, "note", found.note or "Something was noted. It changes nothing.")


def sentence_of(probe: Probe) -> str:
    """What stands for the probe's detail wherever that was quoted."""
    said = said_of(probe)
    return f"A person will look at {said.name}." if said.weight == "flag" else said.detail
