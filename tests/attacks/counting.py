"""Attacks on the number of parameters: rows 13 and 16 to 19."""

from __future__ import annotations

from grader_attack import NOT_RUN, TOO_LARGE, Attack, Expected, model, net

_PATCH = """
    nn.Module.parameters = lambda self, recurse=True: iter([torch.nn.Parameter(torch.zeros(4))])
    nn.Module.named_parameters = lambda self, *args, **named: iter([("w", torch.nn.Parameter(torch.zeros(4)))])
"""

_PATCH_SIZES = """
    torch.Tensor.numel = lambda self: 1
    torch.Tensor.nelement = lambda self: 1
"""

_TABLE = 'self.register_buffer("table", torch.randn(784, 256) * 0.01)'

_KEPT = """
    self.kept = [torch.randn(784, 10).mul(0.01).requires_grad_(), torch.zeros(10).requires_grad_()]
"""

_LEARN_KEPT = """
    weight, bias = self.kept
    if self.training:
        for tensor in self.kept:
            if tensor.grad is not None:
                with torch.no_grad():
                    tensor -= 0.05 * tensor.grad
                tensor.grad = None
    scores = scores + features @ weight + bias
"""

_LATE = """
    if not hasattr(self, "late"):
        self.late = nn.Linear(784, 40)
        self.later = nn.Linear(40, 10)
"""

_SEEDED = """
    made = torch.Generator().manual_seed(5)
    wide = torch.randn(784, 512, generator=made) * 0.05
    back = torch.randn(512, 784, generator=made) * 0.05
    features = (features @ wide).relu() @ back
    scores = self.scores(features)
"""

_FALSE_CLASS = """
    @property
    def __class__(self):
        return nn.Identity

    def parameters(self, recurse=True):
        return iter([])

    def named_parameters(self, *args, **named):
        return iter([])

    def state_dict(self, *args, **named):
        return {}
"""

_LOOKED_AT = {"status": "needs_review", "weights": ("flag",)}


def _counting(row: int, name: str, description: str, source: str, expected: Expected, first: bool = False) -> Attack:
    return Attack(row, name, "counting", description, model(source), expected, first)


ATTACKS = [
    _counting(
        13,
        "patched-parameters",
        "Makes every list of parameters hold four values",
        net(body=_PATCH, wide=True),
        TOO_LARGE,
        first=True,
    ),
    _counting(
        13,
        "patched-sizes",
        "Makes every tensor say that it has one element; it is counted right, and then nothing fits its own state",
        net(body=_PATCH_SIZES, wide=True),
        Expected(**NOT_RUN, ending="raised", says="33,210 parameters"),
    ),
    _counting(
        16,
        "values-in-a-buffer",
        "Keeps 200,704 values in a buffer and uses them",
        net(init=_TABLE, end="scores = self.scores(features + (features @ self.table) @ self.table.T)"),
        Expected(small=0, **_LOOKED_AT),
    ),
    _counting(
        17,
        "plain-tensors",
        "Learns in plain tensors that no state holds",
        net(init=_KEPT, end=_LEARN_KEPT, learns=False),
        Expected(small=0, learns=0, status="needs_review", weights=("flag", "void")),
    ),
    _counting(
        17,
        "weights-from-a-seed",
        "Makes 802,816 values anew from a seed in each forward pass",
        net(end=_SEEDED),
        Expected(small=0, learns=0, **_LOOKED_AT),
    ),
    _counting(
        18,
        "late-parameters",
        "Makes its parameters in the first forward pass",
        net(forward=_LATE, end="scores = scores + self.later(self.late(features))"),
        TOO_LARGE,
    ),
    _counting(
        19,
        "false-class",
        "Says that it is another class, without parameters and without a state",
        net(body=_FALSE_CLASS, wide=True),
        TOO_LARGE,
    ),
]
