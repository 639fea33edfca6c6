"""The spec's default recipe: how a model is trained where the student's own recipe cannot be recovered.

A small closed set: names and plain numbers that every lane of training understands. The learning rate is the
schedule's, so that it stands in one place.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Rate = Annotated[float, Field(gt=0, le=100, strict=True)]
Share = Annotated[float, Field(ge=0, lt=1, strict=True)]
Decay = Annotated[float, Field(ge=0, le=10, strict=True)]


class Block(BaseModel):
    """A block of a spec: unknown keys are refused, and nothing in it changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(Block):
    """A block with exactly one key, which is the name of what was chosen."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self._given()) != 1:
            raise ValueError(f"give exactly one of {', '.join(type(self).model_fields)}")
        return self

    def _given(self) -> list[str]:
        return [name for name in type(self).model_fields if getattr(self, name) is not None]

    @property
    def name(self) -> str:
        """What was chosen: `sgd`."""
        return self._given()[0]

    @property
    def arguments(self) -> tuple[tuple[str, float], ...]:
        """Its arguments as numbers, in the order of the schema; what the spec leaves out is not here."""
        chosen: Block = getattr(self, self.name)
        given = chosen.model_dump(exclude_none=True)
        return tuple((name, float(value)) for name, value in given.items())


class Sgd(Block):
    """Stochastic gradient descent."""

    momentum: Share = Field(0.0, description="Momentum, from 0 to below 1.")
    weight_decay: Decay | None = Field(None, description="L2 penalty on all parameters.")
    nesterov: bool | None = Field(
        None, strict=True, description="Nesterov momentum; momentum must be above 0."
    )

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")
        return self


class Adam(Block):
    """Adam with its usual betas."""

    weight_decay: Decay | None = Field(None, description="L2 penalty on all parameters.")


class AdamW(Block):
    """Adam with decoupled weight decay."""

    weight_decay: Decay | None = Field(None, description="Decoupled decay of all parameters.")


class Optimizer(Choice):
    """One optimizer: `{sgd: {momentum: 0.9}}`."""

    sgd: Sgd | None = Field(None, description="Stochastic gradient descent.")
    adam: Adam | None = Field(None, description="Adam; `{}` for its usual arguments.")
    adamw: AdamW | None = Field(None, description="AdamW; `{}` for its usual arguments.")


class OneCycle(Block):
    """The rate rises to `max_lr` and then falls to nearly nothing, over all steps of the training."""

    max_lr: Rate = Field(description="The highest learning rate.")
    pct_start: Share | None = Field(None, gt=0, description="The share of the steps in which the rate rises.")
    div_factor: float | None = Field(
        None, ge=1, strict=True, description="The first rate is max_lr over this."
    )
    final_div_factor: float | None = Field(
        None, ge=1, strict=True, description="The last rate is the first one divided by this."
    )


class Constant(Block):
    """The same rate at every step."""

    lr: Rate = Field(description="The learning rate.")


class Schedule(Choice):
    """One schedule of the learning rate: `{one_cycle: {max_lr: 0.05}}`."""

    one_cycle: OneCycle | None = Field(None, description="One-cycle policy, stepped after every batch.")
    constant: Constant | None = Field(None, description="A constant rate.")


class DefaultRecipe(Block):
    """How a model is trained where the student's own recipe cannot be recovered."""

    optimizer: Optimizer = Field(description="One of sgd, adam, adamw, with its arguments.")
    schedule: Schedule = Field(description="One of one_cycle, constant, with its learning rate.")
    batch_size: int = Field(ge=1, le=65_536, strict=True, description="Images in a step.")
