"""What a call gives. The submission's own functions are followed; of a library's, the arguments are noted."""

from __future__ import annotations

import ast

from grader.reading.tracing import library
from grader.reading.tracing.attributes import attribute
from grader.reading.tracing.builtin import builtin
from grader.reading.tracing.expressions import evaluate
from grader.reading.tracing.machine import LIMIT_DEPTH, Frame, Machine
from grader.reading.tracing.methods import IS_MODEL, call_method, handed_on
from grader.reading.tracing.values import (
    Instance,
    Klass,
    Library,
    Made,
    Method,
    Routine,
    Scope,
    Unknown,
    Value,
)  # fmt: skip

Arguments = tuple[Value, ...]
Named = dict[str, Value]


def call(machine: Machine, called: Value, positional: Arguments, named: Named, place: str) -> Value:
    """The value of `called(*positional, **named)` at `place`.

    Raises:
        ExhaustedError: there is too much to follow.
    """
    machine.spend()
    if isinstance(called, Routine):
        return _routine(machine, called, positional, named)
    if isinstance(called, Klass):
        return build(machine, called, positional, named, place)
    if isinstance(called, Library):
        return _library(machine, called.name, positional, named, place)
    if isinstance(called, Method):
        return call_method(machine, called, positional, named, place)
    if isinstance(called, Instance):
        return _instance(machine, called, positional, named, place)
    if isinstance(called, Made):
        return _made(machine, called, positional, named, place)
    handed_on(machine, Made("a function that reading cannot tell", positional, named, place))
    if isinstance(called, Unknown):
        return called
    return Unknown("it is called, but reading cannot tell what it is")


# --- the submission's own ----------------------------------------------------------------------------------------


def _routine(machine: Machine, routine: Routine, positional: Arguments, named: Named) -> Value:
    running = sum(frame.routine.node is routine.node for frame in machine.frames)
    if len(machine.frames) >= LIMIT_DEPTH or running > 1:
        return Unknown("the calls are nested too deeply")
    given = positional if routine.bound is None else (routine.bound, *positional)
    names = bound_arguments(machine, routine.node.args, given, named, routine.scope, routine.name)
    scope = Scope(names, routine.scope.where, routine.scope)
    if isinstance(routine.node, ast.Lambda):
        return evaluate(machine, routine.node.body, scope)
    frame = Frame(routine)
    machine.frames.append(frame)
    machine.without_gradients += routine.without_gradients
    try:
        signal = machine.run(machine, routine.node.body, scope)
    finally:
        machine.frames.pop()
        machine.without_gradients -= routine.without_gradients
    definite = signal is not None and signal[0] == "return"
    value = (
        signal[1]
        if definite and signal
        else next((one for one in frame.maybe_returns if one is not None), None)
    )
    if (
        isinstance(value, Instance)
        and value.factory is None
        and routine.bound is None
        and is_model(value.klass)
    ):
        order = [one.arg for one in routine.node.args.args]
        value.factory, value.factory_arguments = routine, dict(zip(order, positional, strict=False)) | named
    return value


def bound_arguments(
    machine: Machine, wanted: ast.arguments, given: Arguments, named: Named, scope: Scope, name: str
) -> Named:
    """Parameter names with their values, defaults too; what is missing is `Unknown`."""
    order = [one.arg for one in (*wanted.posonlyargs, *wanted.args)]
    found: Named = dict(zip(order, given, strict=False))
    if wanted.vararg:
        found[wanted.vararg.arg] = tuple(given[len(order) :])
    everything = {*order, *(one.arg for one in wanted.kwonlyargs)}
    found |= {key: value for key, value in named.items() if key in everything}
    if wanted.kwarg:
        found[wanted.kwarg.arg] = {key: value for key, value in named.items() if key not in everything}
    defaults = dict(zip(order[len(order) - len(wanted.defaults) :], wanted.defaults, strict=True))
    defaults |= {
        one.arg: default
        for one, default in zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True)
        if default is not None
    }
    for key in sorted(everything - set(found)):
        missing = Unknown(f"{name}() is followed without a value for {key}")
        found[key] = evaluate(machine, defaults[key], scope) if key in defaults else missing
    return found


def given_arguments(klass: Klass, positional: Arguments, named: Named) -> Named:
    """What a constructor is given, under the names of its parameters; defaults are left out."""
    found = klass.find("__init__")
    if found is None or not isinstance(found[0], Routine):
        return {f"argument {index}": value for index, value in enumerate(positional, 1)} | named
    wanted = found[0].node.args
    order = [one.arg for one in (*wanted.posonlyargs, *wanted.args)][1:]
    return dict(zip(order, positional, strict=False)) | named


def is_model(klass: Klass) -> bool:
    """Whether the class is a module of torch's: `nn.Module` counts without its import too."""
    return any(_is_module(base.name) for base in klass.library_bases())


def _is_module(name: str) -> bool:
    last = name.rpartition(".")[2]
    if name.startswith(("torch.nn.", "nn.", "torchvision.models.")):
        return last[:1].isupper() and last not in ("Parameter", "ParameterList", "ParameterDict")
    return last in ("LightningModule", "PreTrainedModel")


def build(machine: Machine, klass: Klass, positional: Arguments, named: Named, place: str) -> Instance:
    """An object of a student's class. A model's constructor is not followed."""
    instance = Instance(klass, place, given_arguments(klass, positional, named), order=machine.next_order())
    if is_model(klass):
        machine.trace.models.append(instance)
        return instance
    if klass.is_dataclass:
        _fill_fields(klass, instance, positional, named)
        return instance
    found = klass.find("__init__")
    bases = klass.library_bases()
    if found and isinstance(found[0], Routine):
        routine = found[0]
        _routine(
            machine, Routine(routine.node, routine.scope, owner=found[1], bound=instance), positional, named
        )
    elif bases:
        instance.made = library_made(bases[0].name, positional, named, place)
    return instance


def _fill_fields(klass: Klass, instance: Instance, positional: Arguments, named: Named) -> None:
    fields: list[str] = []
    for one in reversed(klass.family()):
        fields += [
            item.target.id
            for item in one.node.body
            if isinstance(item, ast.AnnAssign)
            and isinstance(item.target, ast.Name)
            and item.target.id not in fields
        ]
        instance.attributes |= {
            name: _default(value) for name, value in one.attributes.items() if name in fields
        }
    instance.attributes |= dict(zip(fields, positional, strict=False)) | named


def _default(value: Value) -> Value:
    if isinstance(value, Made) and value.last in ("field", "Field"):
        return value.named.get("default", Unknown("the field's default is made while the code runs"))
    return value


def _instance(machine: Machine, instance: Instance, positional: Arguments, named: Named, place: str) -> Value:
    if is_model(instance.klass):
        machine.note("forward", instance, place, positional)
        return Made("output", (instance,), {}, place)
    found = instance.klass.find("__call__")
    if found and isinstance(found[0], Routine):
        method = attribute(machine, instance, "__call__")
        return call(machine, method, positional, named, place)
    return Unknown("an object is called that has no __call__")


# --- a library's ---------------------------------------------------------------------------------------------------


def library_made(name: str, positional: Arguments, named: Named, place: str) -> Made:
    """A library's call with its arguments under their names, as far as their order is known."""
    order = library.parameters_of(name)
    labelled = dict(zip(order, positional, strict=False)) | named
    return Made(name, positional[len(order) :] if order else positional, labelled if order else named, place)


def _library(machine: Machine, name: str, positional: Arguments, named: Named, place: str) -> Value:
    known = builtin(machine, name, positional, named, place)
    if known is not NotImplemented:
        return known
    last = name.rpartition(".")[2]
    if last in library.PASS_THROUGH and positional:
        return (
            positional[0]
            if isinstance(positional[0], list | tuple | range)
            else Made(last, positional, named, place)
        )
    if last in library.SAME_MODEL and positional and isinstance(positional[0], Instance | Made):
        return positional[0]
    made = library_made(name, positional, named, place)
    if library.is_optimizer(name):
        machine.trace.optimizers.append(made)
    elif library.is_schedule(name):
        machine.trace.schedules.append(made)
    elif library.is_finder(name):
        machine.trace.finders.append(made)
    elif last == "random_split":
        return _split(made)
    else:
        handed_on(machine, made)
    return made


def _split(made: Made) -> Value:
    """`random_split(data, [50_000, 10_000])`: its parts, each with its length."""
    lengths = made.named.get("lengths")
    count = len(lengths) if isinstance(lengths, list | tuple) else 2
    data = made.named.get("dataset")
    parts = []
    for index in range(min(count, 8)):
        length = lengths[index] if isinstance(lengths, list | tuple) else Unknown("the lengths are not known")
        parts.append(Made("torch.utils.data.Subset", (), {"dataset": data, "length": length}, made.place))
    return tuple(parts)


def _made(machine: Machine, made: Made, positional: Arguments, named: Named, place: str) -> Value:
    """Calling what a library made: a loss, a composition of transforms, a model, a partial function."""
    if library.loss_name(made.name):
        return Made(made.name, positional, {}, place, {"made by": made})
    if made.last in library.COMPOSERS and not made.name.startswith("torch.nn."):
        machine.trace.pipelines.append(made)
        return Made("transformed", (made,), {}, place)
    if made.last == "partial" and made.positional:
        return call(
            machine, made.positional[0], (*made.positional[1:], *positional), made.named | named, place
        )
    if made.name.startswith(("torch.nn.", "torchvision.models.", "timm.")) or IS_MODEL in made.attributes:
        machine.note("forward", made, place, positional)
        return Made("output", (made,), {}, place)
    result = Made(f"{made.name}()", (made, *positional), named, place)
    handed_on(machine, Made(made.name, positional, named, place))
    return result
