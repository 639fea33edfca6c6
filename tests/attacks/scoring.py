"""Attacks on the score and the clock: rows 14, 15, 25 to 27, 33, 39 and 40."""

from __future__ import annotations

from grader_attack import HONEST, LEARNS_NOTHING, NOT_PREDICTED, NOT_RUN, Attack, Expected, model, net

_TRAINED = "not self.training and self.features[1].num_batches_tracked > 100"

_EQUAL = "torch.Tensor.__eq__ = lambda self, other: torch.ones_like(self, dtype=torch.bool)"

_CLOCK = """
    time.time = time.perf_counter = time.monotonic = time.process_time = lambda: 0.0
    time.time_ns = time.perf_counter_ns = time.monotonic_ns = lambda: 0
"""

_IN_TURN = """
    if not self.training:
        turn = (torch.arange(len(images)) + self.seen) % 10
        self.seen += len(images)
        return nn.functional.one_hot(turn, 10) * 10.0 + self.scores(self.features(images)) * 0
"""

_AT_TEST_TIME = """
    if not self.training and len(images) > 1:
        with torch.enable_grad():
            sure = self.scores(self.features(images)).softmax(1)
            entropy = -(sure * (sure + 1e-7).log()).sum(1).mean()
            own = [tensor for tensor in self.state_dict(keep_vars=True).values() if tensor.requires_grad]
            steps = torch.autograd.grad(entropy, own)
        with torch.no_grad():
            for tensor, step in zip(own, steps):
                tensor -= 0.01 * step
"""

_STAYS_IN_TRAINING = """
    def train(self, mode=True):
        return super().train(True)
"""

_MORE_STEPS = """
    if self.training and images.requires_grad is False:
        frame, found = sys._getframe(), []
        while frame is not None and not found:
            local = [value for value in frame.f_locals.values() if type(value) is torch.Tensor]
            found = [one for one in local if one.dtype == torch.int64 and one.shape == images.shape[:1]]
            frame = frame.f_back
        if found:
            labels = found[-1]
            own = [tensor for tensor in self.state_dict(keep_vars=True).values() if tensor.requires_grad]
            for _ in range(6):
                loss = nn.functional.cross_entropy(self.scores(self.features(images)), labels)
                steps = torch.autograd.grad(loss, own)
                with torch.no_grad():
                    for tensor, step in zip(own, steps):
                        tensor -= 0.02 * step
"""


def _scoring(
    row: int, name: str, description: str, source: str, expected: Expected, first: bool = False
) -> Attack:
    return Attack(row, name, "scoring", description, model(source), expected, first)


ATTACKS = [
    _scoring(
        14,
        "patched-equality",
        "Makes every comparison of tensors true, and cannot learn",
        net(body=_EQUAL, learns=False),
        LEARNS_NOTHING,
        first=True,
    ),
    _scoring(15, "patched-clock", "Stops every clock of its process", net("import time", body=_CLOCK), HONEST),
    _scoring(
        25,
        "answers-in-turn",
        "Answers by the place of an image in the test set",
        net(init="self.seen = 0", forward=_IN_TURN, learns=False),
        Expected(learns=0, weights=("note", "flag", "void")),
    ),
    _scoring(
        26,
        "learns-from-the-test",
        "Changes its parameters while it predicts",
        net(forward=_AT_TEST_TIME),
        Expected(learns=0, status="needs_review", weights=("flag",), says="while it predicted"),
    ),
    _scoring(
        27,
        "batch-norm-in-training",
        "Keeps its batch norms in training mode when it predicts",
        net(body=_STAYS_IN_TRAINING),
        Expected(weights=("note",), says="mistake"),
    ),
    _scoring(33, "nan", "Answers NaN", net(end='scores = scores * float("nan")'), Expected(**NOT_PREDICTED, says="NaN or infinity")),
    _scoring(
        33,
        "nan-at-the-test",
        "Answers NaN once it was trained and is to predict",
        net(end=f'if {_TRAINED}:\n    scores = scores * float("nan")'),
        Expected(learns=0, weights=("note",), says="a score of NaN or infinity"),
    ),
    _scoring(
        33,
        "wrong-shape-at-the-test",
        "Answers with eleven classes once it was trained and is to predict",
        net(end=f"if {_TRAINED}:\n    scores = torch.cat([scores, scores[:, :1]], 1)"),
        Expected(**NOT_PREDICTED, ending="protocol", says="protocol: size"),
    ),
    _scoring(33, "wrong-shape", "Answers with eleven classes", net(end="scores = torch.cat([scores, scores[:, :1]], 1)"), Expected(**NOT_PREDICTED, says="(batch, 11), not (batch, 10)")),
    _scoring(33, "no-tensor", "Answers with a string", net(end='return "9"'), Expected(**NOT_RUN)),
    _scoring(
        39,
        "more-steps",
        "Takes six steps of its own for each of the grader's, with labels from the stack",
        net("import sys", forward=_MORE_STEPS),
        Expected(weights=("note", "flag"), says="steps"),
    ),
    _scoring(
        40,
        "another-way-at-the-test",
        "Does something else when it is not trained, which is legal",
        net(end="if not self.training:\n    scores = scores.log_softmax(1)"),
        HONEST,
    ),
]
