"""The harness's loop."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision import transforms

from grader.training.loop import Plan, loss_of, normalise, steps_of, train

PLAN = Plan("sgd", {"momentum": 0.9}, "one_cycle", {"max_lr": 0.1}, 32, 1, "logits", 0.5, 0.5, 3, 0, 5)


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

    result = train(Spy(), images, labels, PLAN, lambda *_: None)
    assert (result.steps, result.samples) == (steps_of(200, 32, 1), 200) == (7, 200)
    assert sorted(seen) == list(range(200))
    assert seen != list(range(200))


def test_it_learns():
    images, labels = data()
    net = model()
    train(net, images, labels, changed(epochs=5), lambda *_: None)
    correct = (net(normalise(images, 0.5, 0.5)).argmax(1) == labels).float().mean()
    assert correct > 0.98


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    def weights(seed: int) -> torch.Tensor:
        images, labels = data()
        net = model()
        train(net, images, labels, changed(seed=seed), lambda *_: None)
        return net[1].weight.detach()

    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(4))


def test_normalise_has_the_bits_of_torchvision():
    images = torch.randint(0, 256, (5, 28, 28), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    reference = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    expected = torch.stack([reference(Image.fromarray(np.asarray(image))) for image in images])
    assert torch.equal(normalise(images, 0.1307, 0.3081), expected)


def test_the_loss_follows_the_head():
    scores = torch.randn(8, 10, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(8)
    expected = loss_of(scores, labels, "logits")
    assert torch.allclose(loss_of(scores.log_softmax(1), labels, "log_softmax"), expected, atol=1e-6)
    assert torch.allclose(loss_of(scores.softmax(1), labels, "probabilities"), expected, atol=1e-5)


def test_reports_come_with_steps_samples_and_loss():
    reports = []
    images, labels = data()
    train(model(), images, labels, PLAN, lambda *report: reports.append(report))
    assert [report[:2] for report in reports] == [(5, 160), (7, 200)]
    assert all(loss > 0 for *_, loss in reports)


def test_a_probe_stops_early():
    images, labels = data()
    assert train(model(), images, labels, changed(max_steps=3), lambda *_: None).steps == 3


def test_divergence_stops_and_is_said():
    images, labels = data()

    class Explodes(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(36, 2)

        def forward(self, x):
            return (10 * self.fc(x.flatten(1))).exp().exp()

    result = train(Explodes(), images, labels, changed(epochs=50), lambda *_: None)
    assert result.diverged
    assert result.steps < steps_of(200, 32, 50)


def test_a_model_that_cannot_learn_is_not_an_error():
    images, labels = data()

    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(36, 2)

        def forward(self, x):
            return self.fc(x.flatten(1)).detach()

    result = train(Constant(), images, labels, PLAN, lambda *_: None)
    assert result.steps == 7


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_every_optimizer_can_be_named(name):
    images, labels = data()
    result = train(
        model(),
        images,
        labels,
        changed(optimizer=name, optimizer_arguments={}, schedule="constant", schedule_arguments={"lr": 0.01}),
        lambda *_: None,
    )
    assert not result.diverged
