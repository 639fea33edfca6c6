"""The worker's loop: one request, one answer, until the supervisor ends it.

What it answers is testimony. What counts is what the supervisor can check: the bytes of the state, and the
predictions of another worker that got nothing but that state.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import random
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from grader.inspection.accounting import entries
from grader.inspection.measure import BadOutput, measure
from grader.inspection.pairs import Asked, BadPair, Paired
from grader.isolation.frames import Array, Channel, Message
from grader.training.inputs import prepared_by, stored_form
from grader.training.loop import Plan, Result, train
from grader.training.memory import with_fall_back
from grader.training.placing import CPU, where_it_works
from grader.training.recipe import BadRecipe
from grader.training.transforms.selfcheck import disagreement_on
from grader.worker.load import CannotLoad, Namespace, Submission, member
from grader.worker.mapped import mapped
from grader.worker.threads import Threads
from grader.worker.traces import most_writes, outside_bytes, written

REQUEST_LIMIT_BYTES = 2 * 1024**3
Answer = tuple[dict[str, Any], dict[str, Array]]


def serve(connection: socket.socket, repository: str) -> None:
    """Answer requests until the connection closes."""
    threads = Threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    # torch wraps an optimizer's step when the first one is built: let that happen before student code runs.
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    device, driver = _started_device(os.environ.get("GRADER_DEVICE", "cpu"))
    channel = Channel(connection)
    session = Session(repository, channel, device)
    channel.send({"op": "ready", "versions": _versions(), "device": driver})
    while True:
        request = channel.receive(None, REQUEST_LIMIT_BYTES)
        threads.renew()
        fields, arrays = _answer(session, request)
        channel.send(fields, arrays)


def _started_device(name: str) -> tuple[torch.device, str]:
    """The device, and what is to be said of it. It computes before student code is here.

    Raises:
        Whatever CUDA raises: the worker ends, and everybody knows that no student's code was in it.
    """
    if name == "cpu":
        return CPU, ""
    device = torch.device(name, 0)
    total = int(torch.arange(1000, device=device).sum())
    if total != 499_500:
        raise RuntimeError(f"The GPU adds up the numbers below 1000 to {total}.")
    return device, f"CUDA {torch.version.cuda}"


def _answer(session: Session, request: Message) -> Answer:
    try:
        fields, arrays = session.handlers[request.op](request)
    except BaseException as error:  # a student's SystemExit or KeyboardInterrupt is an answer too
        return _raised(error), {}
    return {**fields, "op": request.op}, arrays


def _versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": np.__version__}
    with contextlib.suppress(Exception):
        import torchvision

        found["torchvision"] = torchvision.__version__
    with contextlib.suppress(Exception):
        import torchinfo

        found["torchinfo"] = torchinfo.__version__
    return found


def _raised(error: BaseException) -> dict[str, Any]:
    """What a student's exception says and where, with their own frames only."""
    plain = isinstance(error, CannotLoad | BadOutput | BadPair | BadRecipe)
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("/")
    ]
    own = [frame for frame in frames if not frame.filename.startswith("<")]
    try:
        text = str(error)
    except Exception:
        text = "(its message cannot be shown)"
    name = type(error).__name__
    lines = [f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line}" for frame in own[-12:]]
    return {
        "op": "raised",
        "recipe": isinstance(error, BadRecipe),
        "gpu": isinstance(error, torch.AcceleratorError | torch.OutOfMemoryError),
        "error": (text if plain else f"{name}: {text}" if text else name)[:1900],
        "place": f"{own[-1].filename}:{own[-1].lineno}"[:390] if own else "",
        "trace": "\n".join(lines)[:7900],
    }


class Session:
    """What one worker has loaded so far."""

    def __init__(self, repository: str, channel: Channel, device: torch.device = CPU) -> None:
        self._channel = channel
        self._device = device  # where it trains and predicts; all else is done on the CPU
        self._submission = Submission(repository)
        self._space: Namespace | None = None
        self._class: Callable[..., Any] | None = None  # or the function that builds the model
        self._name = ""
        self._arguments: dict[str, Any] = {}
        self._model: torch.nn.Module | None = None
        self._last: bool | None = (
            None  # whether the model predicts with channels last; None before its first batch
        )
        self._input_shape: tuple[int, ...] = ()  # of one input, as the model was measured with
        self._data: tuple[torch.Tensor, torch.Tensor] | None = None
        self.handlers: dict[str, Callable[[Message], Answer]] = {
            "transforms": self._transforms,
            "reference step": self._reference_step,
            "load": self._load,
            "build": self._build,
            "measure": self._measure,
            "data": self._take_data,
            "train": self._train,
            "state": self._state,
            "restore": self._restore,
            "predict": self._predict,
            "explain": self._explain,
            "pictures": self._pictures,
            "copies": self._copies,
            "workbook": self._workbook,
            "annotations": self._annotations,
            "capture": self._capture,
            "faithful": self._faithful,
        }

    def _transforms(self, request: Message) -> Answer:
        """Hold a recipe's transforms in batches against the library's own. It is asked before student code is here."""
        return {"differs": disagreement_on(request.header["transforms"], request.header["shape"])[:400]}, {}

    def _reference_step(self, request: Message) -> Answer:
        """Time a fixed training step, in CPU time per core. It is asked before student code is here, too."""
        from grader.training.reference_step import counted_step_seconds

        shape = tuple(int(size) for size in request.header["shape"])
        return {"seconds": counted_step_seconds(shape, request.integer("classes", 1, 100_000))}, {}

    def _load(self, request: Message) -> Answer:
        file, name = request.text("file", 1000), request.text("class_name", 500)
        self._space, found = self._submission.model_class(file, request.integer("cell", 0, 100_000), name)
        if isinstance(found, type) and not issubclass(found, torch.nn.Module):
            raise CannotLoad(f"{name} is a class, but not an nn.Module.")
        self._class, self._name = found, name
        return {"notes": [note[:300] for note in self._submission.notes[:20]]}, {}

    def _build(self, request: Message) -> Answer:
        """Build the model from scratch under a seed."""
        assert self._class is not None
        assert self._space is not None
        cls, space = self._class, self._space
        arguments = request.header.get("arguments")
        members = request.header.get("members", [])
        assert isinstance(arguments, dict)
        assert isinstance(members, list)

        def construct() -> Any:
            given = {
                name: member(space, value) if name in members else value for name, value in arguments.items()
            }
            _seed(request.integer("seed", 0, 2**31 - 1))
            return cls(**given)

        model = self._submission.repair(space, construct)
        if not isinstance(model, torch.nn.Module):
            raise CannotLoad(f"{self._name}() gives a {type(model).__name__} instead of an nn.Module.")
        self._model, self._last = model, None
        return {}, {}

    def _measure(self, request: Message) -> Answer:
        model, space = self._on_cpu()
        shape = self._input_shape = tuple(int(size) for size in request.header["input_shape"])
        with_table = bool(request.header["with_table"])
        pair = Asked(*request.header["pair"]) if request.header.get("pair") else None
        facts = self._submission.repair(
            space, lambda: measure(model, shape, with_table=with_table, pair=pair)
        )
        return {}, {"facts": _as_bytes(facts)}

    def _take_data(self, request: Message) -> Answer:
        """Training images and targets: both as bytes, or the images shared. `taken` is whether they are here now."""
        labels = torch.from_numpy(request.arrays["labels"].copy())
        shared = request.header.get("shared")
        if shared is None:
            self._data = torch.from_numpy(request.arrays["images"].copy()), labels
            return {"taken": True}, {}
        descriptor = self._channel.receive_descriptor()
        if descriptor is None:
            return {"taken": False}, {}
        try:
            self._data = torch.from_numpy(mapped(descriptor, *shared)), labels
        except OSError:
            return {"taken": False}, {}
        return {"taken": True}, {}

    def _train(self, request: Message) -> Answer:
        assert self._data is not None
        model, space = self._built()
        plan = Plan(**request.header["plan"], input_shape=self._input_shape)
        told = _Told(self._channel, model, request.integer("state_limit", 0, 2**40))
        images, labels = self._data
        used, before = self._device, written(model)

        def trained(device: torch.device) -> Result:
            nonlocal used, before
            self._data = images.to(device), labels.to(device)
            used, before = device, written(model)
            _seed(plan.seed)
            return train(model, *self._data, plan, told)

        result = self._submission.repair(space, lambda: where_it_works(model, self._device, trained))
        return {
            "steps": result.steps,
            "samples": result.samples,
            "diverged": result.diverged,
            "writes": most_writes(before, written(model)),
            "outside_bytes": outside_bytes(model, self._data),
            "device": used.type,
        }, {}

    def _state(self, _: Message) -> Answer:
        """The trained state. There are no names: what is learned has to be in the bytes."""
        model, _space = self._built()
        return {}, _state_of(model)

    def _restore(self, request: Message) -> Answer:
        """Fill a freshly built model with the bytes of a state, tensor after tensor, to the last byte."""
        model, _space = self._built()
        blob = torch.from_numpy(request.arrays["bytes"].copy())
        start = 0
        with torch.no_grad():
            for entry in entries(model):
                target = entry.tensor
                size = target.numel() * target.element_size()
                piece = blob[start : start + size]
                if len(piece) != size:
                    raise CannotLoad(
                        "A freshly built model has more parameters or buffers than the trained one."
                    )
                target.copy_(piece.clone().view(target.dtype).reshape(target.shape))
                start += size
        if start != len(blob):
            raise CannotLoad("A freshly built model has fewer parameters or buffers than the trained one.")
        return {}, {}

    def _predict(self, request: Message) -> Answer:
        model, space = self._built()
        images = torch.from_numpy(request.arrays["images"].copy())
        pictures = stored_form(images)
        prepare = prepared_by(request.header["transforms"], pictures, self._input_shape)
        model.eval()
        call = _called(model, request)

        def forward(device: torch.device) -> torch.Tensor:
            with torch.no_grad():
                output = self._forward(model, call, prepare(pictures.to(device)))
            if not isinstance(output, torch.Tensor):
                raise BadOutput(
                    f"The model returns a {type(output).__name__} instead of one tensor of class scores."
                )
            if output.shape[:1] != images.shape[:1]:
                shape = ", ".join(str(size) for size in output.shape)
                raise BadOutput(f"For {len(images)} images the model returns scores of the shape ({shape}).")
            return output

        output = self._submission.repair(space, lambda: where_it_works(model, self._device, forward))
        return {}, {"scores": output.detach().float().cpu().numpy()}

    def _forward(
        self, model: torch.nn.Module, call: Callable[[torch.Tensor], Any], batch: torch.Tensor
    ) -> Any:
        """On a CPU with channels last, as it was trained, where the model can have it so: tried with the first batch."""

        def attempt(last: bool) -> Any:
            output = call(batch.contiguous(memory_format=torch.channels_last) if last else batch)
            self._last = last
            return output

        if batch.device.type != "cpu" or batch.dim() != 4:
            return call(batch)
        return with_fall_back(model, attempt) if self._last is None else attempt(self._last)

    def _explain(self, request: Message) -> Answer:
        """Maps that show what the answers come from. Gradients flow, and nothing is trained."""
        from grader.worker.explain import explain

        model, space = self._on_cpu()
        images = torch.from_numpy(request.arrays["images"].copy())
        pictures = stored_form(images)
        prepared = prepared_by(request.header["transforms"], pictures, self._input_shape)(pictures)
        answer: Answer = self._submission.repair(space, lambda: explain(model, prepared, request))
        return answer

    def _pictures(self, request: Message) -> Answer:
        """Decode the submission's pictures. No student code is here, and none comes afterwards."""
        from grader.worker.pictures import decoded

        asked = json.loads(request.arrays["asked"].tobytes())
        seconds = request.number("seconds", 0, 600)
        return {}, {"pictures": _as_bytes(decoded(self._submission.root, asked, seconds))}

    def _copies(self, request: Message) -> Answer:
        """Scale pictures down for the report. No student code is here either."""
        from grader.worker.pictures import copies

        return {}, copies(self._submission.root, json.loads(request.arrays["asked"].tobytes()))

    def _workbook(self, request: Message) -> Answer:
        """Read the submission's spreadsheets. No student code is here, and none comes afterwards."""
        from grader.worker.workbook import opened

        asked = json.loads(request.arrays["asked"].tobytes())
        seconds = request.number("seconds", 0, 600)
        return {}, {"books": _as_bytes(opened(self._submission.root, asked, seconds))}

    def _annotations(self, request: Message) -> Answer:
        """Read the submission's annotation file. No student code is here, and none comes afterwards."""
        from grader.worker.annotations import read

        asked = json.loads(request.arrays["asked"].tobytes())
        facts, sizes = read(self._submission.root, asked, request.number("seconds", 0, 600))
        return {}, {"facts": _as_bytes(facts), "sizes": sizes}

    def _capture(self, request: Message) -> Answer:
        """Run a notebook or script with stand-ins. Afterwards this process is good for nothing else."""
        from grader.worker.capture.run import capture

        return {}, {"capture": _as_bytes(capture(self._submission.root, request))}

    def _faithful(self, request: Message) -> Answer:
        """Run the student's own training on the images that were handed over. It is the last thing done here, too."""
        from grader.worker.faithful.run import faithful

        assert self._data is not None
        images, labels = (tensor.numpy() for tensor in self._data)
        facts = faithful(self._submission.root, request, images, labels, self._channel.send)
        return {}, {"faithful": _as_bytes(facts)}

    def _built(self) -> tuple[torch.nn.Module, Namespace]:
        assert self._model is not None
        assert self._space is not None
        return self._model, self._space

    def _on_cpu(self) -> tuple[torch.nn.Module, Namespace]:
        model, space = self._built()
        return torch.nn.Module.to(model, CPU), space


@dataclass(frozen=True)
class _Told:
    """Tells the supervisor how a training goes: the loss a few times an epoch, and the state after each one."""

    channel: Channel
    model: torch.nn.Module
    state_limit: int  # bytes of a state; one that is larger is not sent

    def report(self, steps: int, samples: int, loss: float, rate: float, right: float) -> None:
        shown, known = (value if math.isfinite(value) else -1.0 for value in (loss, rate))
        fields = {"steps": steps, "samples": samples, "loss": shown, "rate": known, "right": right}
        self.channel.send({"op": "progress", **fields})

    def epoch_ended(self, epoch: int, samples: int) -> None:
        state = _state_of(self.model)
        fits = sum(array.nbytes for array in state.values()) <= self.state_limit
        self.channel.send({"op": "state", "epoch": epoch, "samples": samples}, state if fits else None)


def _called(model: torch.nn.Module, request: Message) -> Callable[[torch.Tensor], Any]:
    """The model as a function of images: a digit beside each one comes with the request, where the task has them."""
    if request.header.get("pair") is None:
        return model
    paired = Paired(model, request.header["pair"])
    digits = torch.from_numpy(request.arrays["digits"].copy()).long()
    return lambda batch: paired(batch, digits.to(batch.device))


def _state_of(model: torch.nn.Module) -> dict[str, Array]:
    """The raw bytes one after the other, and a list of dtypes, shapes and roles to count them by."""
    listed, blobs = [], []
    for entry in entries(model):
        tensor = entry.tensor.detach().cpu().contiguous()
        listed.append([str(tensor.dtype).removeprefix("torch."), list(tensor.shape), entry.role])
        blobs.append(tensor.reshape(-1).view(torch.uint8).numpy())
    blob = np.concatenate(blobs) if blobs else np.zeros(0, np.uint8)
    return {"entries": _as_bytes(listed), "bytes": blob}


def _seed(seed: int) -> None:
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def _as_bytes(value: Any) -> Array:
    return np.frombuffer(json.dumps(value).encode("ascii"), dtype=np.uint8)
