"""The harness's loop."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import nn

from grader.training.known import LOSSES, OPTIMIZERS
from grader.training.loop import Plan, steps_of, train
from grader.training.recipe import BadRecipe

TO_TENSOR = {"name": "ToTensor", "arguments": [], "library": "torchvision"}
NORMALIZE = {
    "name": "Normalize",
    "arguments": [["mean", "(0.5,)"], ["std", "(0.5,)"]],
    "library": "torchvision",
}
PLAN = Plan(
    optimizer={"name": "SGD", "arguments": {"lr": 0.1, "momentum": 0.9}},
    loss={"name": "cross_entropy", "arguments": {}},
    batch_size=32,
    epochs=1,
    transforms=[TO_TENSOR, NORMALIZE],
    seed=3,
    report_every=5,
)


class Heard:
    """What a listener is told."""

    def __init__(self) -> None:
        self.reports: list[tuple[int, int, float]] = []
        self.rates: list[float] = []
        self.right: list[float] = []
        self.epochs: list[tuple[int, int]] = []

    def report(self, steps: int, samples: int, loss: float, rate: float, right: float) -> None:
        self.reports.append((steps, samples, loss))
        self.rates.append(rate)
        self.right.append(right)

    def epoch_ended(self, epoch: int, samples: int) -> None:
        self.epochs.append((epoch, samples))


def data(n: int = 200) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 2, (n,), generator=generator)
    noise = torch.randint(0, 100, (n, 6, 6), generator=generator)
    return (noise + 150 * labels[:, None, None]).to(torch.uint8), labels


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(36, 2))


def changed(**fields: object) -> Plan:
    return Plan(**{**PLAN.__dict__, **fields})


def trained(net: nn.Module, plan: Plan = PLAN):
    """The net after its training, the result, and what was told."""
    heard = Heard()
    torch.manual_seed(plan.seed)
    return net, train(net, *data(), plan, heard), heard


class Rates(nn.Module):
    """Keeps the weight before each step, from which the rate of the step before can be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self.seen: list[float] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(float(self.weight[0].detach()))
        return torch.zeros(len(x), 2) + self.weight * torch.tensor([1.0, 0.0])

    def steps(self) -> list[float]:
        """How far the weight went in each step."""
        seen = [*self.seen, float(self.weight[0].detach())]
        return [abs(b - a) for a, b in itertools.pairwise(seen)]


def test_an_epoch_is_every_image_once():
    seen = []
    images, labels = data()
    images[:, 0, 0] = torch.arange(200).to(torch.uint8)

    class Spy(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(36, 2)

        def forward(self, x):
            seen.extend(((x[:, 0, 0, 0] * 0.5 + 0.5) * 255).round().int().tolist())
            return self.fc(x.flatten(1))

    result = train(Spy(), images, labels, PLAN, Heard())
    assert (result.steps, result.samples) == (steps_of(200, 32, 1), 200) == (7, 200)
    assert sorted(seen) == list(range(200))
    assert seen != list(range(200))


def test_it_learns():
    net, _, _ = trained(model(), changed(epochs=5))
    images, labels = data()
    scores = net((images.unsqueeze(1).float() / 255 - 0.5) / 0.5)
    assert (scores.argmax(1) == labels).float().mean() > 0.98


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    def weights(seed: int) -> torch.Tensor:
        net, _, _ = trained(model(), changed(seed=seed))
        return net[1].weight.detach()

    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(4))


def test_reports_come_with_steps_samples_and_loss_and_end_each_epoch():
    _, _, heard = trained(model(), changed(epochs=2))
    assert [report[:2] for report in heard.reports] == [(5, 160), (7, 200), (12, 360), (14, 400)]
    assert all(loss > 0 for *_, loss in heard.reports)
    assert heard.epochs == [(1, 200), (2, 400)]


def test_the_rate_that_is_told_is_that_of_the_step_before():
    halving = {"name": "StepLR", "arguments": {"step_size": 1, "gamma": 0.5}, "steps": "per batch"}
    _, _, heard = trained(model(), changed(schedules=[halving]))
    assert heard.rates == [0.1 * 0.5**4, 0.1 * 0.5**6]
    _, _, constant = trained(model(), changed(epochs=2))
    assert constant.rates == [0.1] * 4


def test_a_probe_stops_early_and_no_epoch_ends():
    _, result, heard = trained(model(), changed(max_steps=3))
    assert (result.steps, heard.epochs) == (3, [])
    assert [report[0] for report in heard.reports] == [3]


def test_a_probe_of_a_slow_network_stops_by_the_clock():
    _, result, heard = trained(model(), changed(max_steps=3, max_seconds=1e-9))
    assert (result.steps, [report[0] for report in heard.reports]) == (1, [1])
    assert trained(model(), changed(max_steps=3, max_seconds=60.0))[1].steps == 3
    assert trained(model(), changed(max_seconds=1e-9))[1].steps > 3  # a whole training has no such limit


def test_divergence_stops_and_is_said():
    class Explodes(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(36, 2)

        def forward(self, x):
            return (10 * self.fc(x.flatten(1))).exp().exp()

    _, result, heard = trained(Explodes(), changed(epochs=50))
    assert result.diverged
    assert result.steps < steps_of(200, 32, 50)
    assert not math.isfinite(heard.reports[-1][2])


def test_a_model_that_cannot_learn_is_not_an_error():
    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(36, 2)

        def forward(self, x):
            return self.fc(x.flatten(1)).detach()

    assert trained(Constant())[1].steps == 7


def test_a_model_without_parameters_is_not_trained():
    assert trained(nn.Flatten())[1].steps == 0


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_every_optimizer_can_be_named(name):
    net, result, _ = trained(model(), changed(optimizer={"name": name, "arguments": {"lr": 0.01}}))
    assert not result.diverged
    assert not torch.equal(net[1].weight, model()[1].weight)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_every_loss_can_be_named(name):
    tail = nn.Softmax(1) if name == "nll_loss_of_log" else nn.LogSoftmax(1)
    plan = changed(loss={"name": name, "arguments": {}}, epochs=3)
    _, result, heard = trained(nn.Sequential(model(), tail), plan)
    assert not result.diverged
    assert heard.reports[-1][2] < heard.reports[0][2]


def test_the_gradients_are_clipped_before_the_step():
    class Steep(Rates):
        def forward(self, x):
            return 1000 * super().forward(x)

    plain = changed(optimizer={"name": "SGD", "arguments": {"lr": 1.0}}, batch_size=200)
    clipped = changed(
        optimizer={"name": "SGD", "arguments": {"lr": 1.0}},
        batch_size=200,
        clipping=[{"name": "clip_grad_norm_", "arguments": {"max_norm": 0.25}}],
    )
    assert trained(Steep(), plain)[0].steps()[0] > 1
    assert trained(Steep(), clipped)[0].steps()[0] == pytest.approx(0.25, rel=1e-4)


def test_images_come_in_their_own_order_where_they_are_not_shuffled():
    seen = []

    class Spy(nn.Linear):
        def forward(self, x):
            seen.append(x[:, 0, 0, 0].clone())
            return super().forward(x.flatten(1))

    images, _ = data()
    trained(Spy(36, 2), changed(shuffled=False, transforms=[TO_TENSOR]))
    assert torch.equal(torch.cat(seen), images[:, 0, 0].float() / 255)


class Views(nn.Module):
    """Uses `view` on a map, which fails where channels are last in memory."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 4, 3), nn.Linear(64, 2)

    def forward(self, x):
        return self.fc(torch.relu(self.conv(x)).view(-1, 64))


def test_a_model_that_uses_view_trains_as_it_always_did():
    def weights(channels_last: bool) -> torch.Tensor:
        torch.manual_seed(0)
        net, result, heard = trained(Views(), changed(channels_last=channels_last, epochs=2))
        assert result.steps == 14
        assert heard.epochs == [(1, 200), (2, 400)]
        return net.conv.weight.detach()

    assert torch.equal(weights(True), weights(False))


def test_channels_last_changes_no_more_than_the_last_digits():
    def weights(channels_last: bool) -> torch.Tensor:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.Flatten(), nn.Linear(32, 2))
        trained(net, changed(channels_last=channels_last, max_steps=4))
        return net[2].weight.detach().contiguous()

    assert weights(True) == pytest.approx(weights(False), abs=1e-4)


# --- schedules ------------------------------------------------------------------------------------------------


class Signed(Rates):
    """Every gradient is 1: the step is the rate."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        super().forward(x)
        return self.weight.sum() * torch.ones(len(x), 2)


def rates(schedules: list[dict[str, object]], epochs: int = 1, lr: float = 0.1) -> list[float]:
    """The rate of each step; the loss is minus the weight's sum, so that the gradient is -1."""
    plan = changed(
        optimizer={"name": "SGD", "arguments": {"lr": lr}},
        loss={"name": "nll_loss", "arguments": {}},
        schedules=schedules,
        epochs=epochs,
        batch_size=100,
    )
    return trained(Signed(), plan)[0].steps()


STEP = {"name": "StepLR", "arguments": {"step_size": 1, "gamma": 0.5}}


@pytest.mark.parametrize(
    ("schedules", "expected"),
    [
        pytest.param([], [0.1, 0.1, 0.1, 0.1], id="constant"),
        pytest.param([{**STEP, "steps": "per epoch"}], [0.1, 0.1, 0.05, 0.05], id="per epoch"),
        pytest.param([{**STEP, "steps": "per batch"}], [0.1, 0.05, 0.025, 0.0125], id="per batch"),
        pytest.param([{**STEP, "steps": "never"}], [0.1, 0.1, 0.1, 0.1], id="never"),
        pytest.param(
            [{"name": "ConstantLR", "arguments": {"factor": 0.5, "total_iters": 9}, "steps": "never"}],
            [0.05, 0.05, 0.05, 0.05],
            id="never stepped, but it set the first rate",
        ),
        pytest.param(
            [{**STEP, "steps": "per batch"}, {**STEP, "steps": "per epoch"}],
            [0.1, 0.05, 0.0125, 0.00625],
            id="two together",
        ),
        pytest.param(
            [{"name": "MultiStepLR", "arguments": {"milestones": [1, 3]}, "steps": "per batch"}],
            [0.1, 0.01, 0.01, 0.001],
            id="milestones",
        ),
    ],
)
def test_a_schedule_is_stepped_when_the_students_was(schedules, expected):
    assert rates(schedules, epochs=2) == pytest.approx(expected, rel=1e-4)


def test_a_one_cycle_that_is_over_keeps_its_last_rate():
    cycle = {"max_lr": 0.1, "total_steps": 3, "final_div_factor": 2.0, "cycle_momentum": False}
    short = rates([{"name": "OneCycleLR", "arguments": cycle, "steps": "per batch"}], epochs=3)
    assert len(short) == 6
    assert short[1] > short[2]
    assert short[2:] == pytest.approx([0.1 / 25 / 2] * 4, rel=1e-4)


# --- recipes that cannot be built -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"optimizer": {"name": "LBFGS", "arguments": {}}}, "LBFGS", id="optimizer"),
        pytest.param({"optimizer": {"name": "SGD", "arguments": {"lr": -1.0}}}, "SGD", id="argument"),
        pytest.param({"schedules": [{"name": "eval", "arguments": {}}]}, "eval", id="schedule"),
        pytest.param({"loss": {"name": "mse_loss", "arguments": {}}}, "mse_loss", id="loss"),
        pytest.param({"clipping": [{"name": "exec", "arguments": {}}]}, "exec", id="clipping"),
        pytest.param(
            {"transforms": [{"name": "Nothing", "arguments": [], "library": ""}]}, "Nothing", id="transforms"
        ),
    ],
)
def test_what_cannot_be_built_is_named(fields, said):
    with pytest.raises(BadRecipe, match=said):
        trained(model(), changed(**fields))


def test_the_share_of_right_answers_comes_with_each_report_and_rises() -> None:
    """The two classes differ in brightness, so soon all are told apart."""
    _, _, heard = trained(model(), changed(epochs=6))
    assert len(heard.right) == len(heard.reports)
    assert all(0 <= one <= 1 for one in heard.right)
    assert heard.right[-1] > 0.9


def test_reports_change_no_bit_of_what_is_trained() -> None:
    def weights(every: int) -> list[torch.Tensor]:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Flatten(), nn.Linear(36, 8), nn.Dropout(0.5), nn.Linear(8, 2))
        return list(trained(net, changed(epochs=2, report_every=every))[0].state_dict().values())

    assert all(torch.equal(a, b) for a, b in zip(weights(1), weights(1000), strict=True))
