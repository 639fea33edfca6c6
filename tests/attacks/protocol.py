"""Attacks on what crosses the border: rows 31 and 32."""

from __future__ import annotations

from grader_attack import NOT_RUN, Attack, Expected, model, net

_EVERYWHERE = """
def send(data):
    for descriptor in range(3, 256):
        try:
            if "socket" in os.readlink(f"/proc/self/fd/{descriptor}"):
                os.write(descriptor, data)
        except OSError:
            continue

def frame(header, payload=b""):
    text = json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(payload)) + text + payload
"""

_MODULE = f"import json, os, struct\n{_EVERYWHERE}"

_FORGED_BUILD = """
    send(frame({"op": "build", "arrays": []}))
    facts = json.dumps({"parameters": 1, "trainable": 1, "head": "logits", "accuracy": 1.0}).encode()
    send(frame({"op": "measure", "arrays": [["facts", "uint8", [len(facts)]]]}, facts))
"""

_FORGED_STATE = """
    if self.training and self.features[1].num_batches_tracked > 20 and not hasattr(self, "told"):
        self.told = True
        send(frame({"op": "train", "steps": 1, "samples": 1, "diverged": False, "writes": 1, "outside_bytes": 0, "arrays": []}))
        listed = json.dumps([["float32", [1], "parameter"]]).encode()
        arrays = [["entries", "uint8", [len(listed)]], ["bytes", "uint8", [4]]]
        send(frame({"op": "state", "arrays": arrays}, listed + bytes(4)))
"""

_CHANGED_HARNESS = """
    import sys
    main = sys.modules["grader.worker.main"]

    def smaller(value, honest=main._as_bytes):
        if isinstance(value, dict) and "parameters" in value:
            value["parameters"] = value["trainable"] = 9_250
        return honest(value)

    main._as_bytes = smaller
"""


def _protocol(
    row: int, name: str, description: str, source: str, expected: Expected, first: bool = False
) -> Attack:
    return Attack(row, name, "protocol", description, model(source), expected, first)


_LIST_AS_KIND = """
    import sys
    main = sys.modules["grader.worker.main"]

    def changed(value, honest=main._as_bytes):
        if isinstance(value, dict) and isinstance(value.get("structure"), dict):
            value["structure"]["operators"][0]["kind"] = []
        return honest(value)

    main._as_bytes = changed
"""

_NO_ANSWER = Expected(**NOT_RUN, ending="protocol")

ATTACKS = [
    _protocol(
        31,
        "forged-frames",
        "Answers for the harness: a model of one parameter, accuracy 1",
        net(_MODULE, init=_FORGED_BUILD),
        _NO_ANSWER,
    ),
    _protocol(
        31,
        "forged-state",
        "Answers for the harness in training: it is over, and its state is one zero",
        net(_MODULE, forward=_FORGED_STATE),
        Expected(**NOT_RUN, ending="raised", weights=("flag",), says="A freshly built model has more parameters"),
    ),
    _protocol(
        31,
        "changed-harness",
        "Changes the harness in its process, to say that 33,210 parameters are 9,250",
        net(body=_CHANGED_HARNESS, wide=True),
        Expected(small=0, learns=0, status="needs_review", weights=("flag",), says="a person will look at it"),
    ),
    _protocol(
        32,
        "endless-length",
        "Announces a message of four gigabytes",
        net(_MODULE, init='send(struct.pack(">IQ", 0xffffffff, 0))'),
        Expected(**NOT_RUN, ending="protocol", says="protocol: size"),
        first=True,
    ),
    _protocol(
        32,
        "endless-payload",
        "Announces an answer of an exabyte",
        net(_MODULE, init='send(struct.pack(">IQ", 2, 1 << 60) + b"{}")'),
        Expected(**NOT_RUN, ending="protocol", says="protocol: size"),
    ),
    _protocol(
        31,
        "list-as-dtype",
        "Answers with an array whose type is a list, which no set can hold",
        net(_MODULE, init='send(frame({"op": "build", "arrays": [["a", [], [1]]]}))'),
        _NO_ANSWER,
    ),
    _protocol(
        31,
        "empty-and-huge",
        "Answers with an array without elements, whose other sides are too long for any array",
        net(_MODULE, init='send(frame({"op": "build", "arrays": [["a", "float32", [0, 2**39, 2**39]]]}))'),
        _NO_ANSWER,
    ),
    _protocol(
        31,
        "list-as-kind",
        "Changes the harness in its process, to say that the kind of an operator is a list",
        net(body=_LIST_AS_KIND),
        _NO_ANSWER,
    ),
    _protocol(
        31,
        "huge-number",
        "Changes the harness in its process, to give a number of 400 digits where a real number is asked for",
        net(body=_LIST_AS_KIND.replace('["kind"] = []', '["axes"] = [["known", 5, 10**400]] * 2')),
        _NO_ANSWER,
    ),
    _protocol(
        32,
        "deep-header",
        "Answers with JSON of a depth that no reader stands",
        net(_MODULE, init='send(struct.pack(">IQ", 60_000, 0) + b"[" * 60_000)'),
        Expected(**NOT_RUN, ending="protocol", says="protocol: header"),
    ),
]
