"""What an operator does to the positions of its operands: one rule per operator, by its name below autograd.

`follow` is the way in. An operator without a rule gives None: what it gives out is `unknown`, never a guess.
"""

from __future__ import annotations

from grader.inspection.fields import Trace
from grader.inspection.rules import mixing, shapes, windows
from grader.inspection.rules.call import Call, Rule

RULES: dict[str, Rule] = {**windows.RULES, **shapes.RULES, **mixing.RULES}


def follow(call: Call) -> list[Trace] | None:
    """The traces of the operator's outputs, or None where there is no rule.

    A result whose shape is not that of the output (a rule that does not fit this call) counts as no rule.
    """
    rule = RULES.get(call.name) or (mixing.elementwise if call.is_pointwise else None)
    if rule is None:
        return None
    try:
        found = rule(call)
    except (IndexError, KeyError, ValueError, TypeError, ZeroDivisionError):
        return None
    if not found:
        return None
    rest = [mixing.side_output(found[0], shape) for shape in call.outputs[len(found) :]]
    traces = [*found, *rest][: len(call.outputs)]
    fits = all(trace.shape == shape for trace, shape in zip(traces, call.outputs, strict=True))
    return traces if fits else None
