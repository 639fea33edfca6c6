"""Grad-CAM: by hand on tiny nets, and against a slow reference that hooks a named module, image by image."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from grader.evaluation.explaining import scaled
from grader.inspection.gradcam import NoMap, class_maps
from grader.report.heat import resized


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small nets are slow on several threads where others work too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def images(number: int, *shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(number, *shape, generator=torch.Generator().manual_seed(seed))


# --- by hand --------------------------------------------------------------------------------------------------


class ByHand(nn.Module):
    """Two channels: the image, and the image negated; both pooled by their mean; scores 3a - b and -2a + 4b."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 1, bias=False)
        self.head = nn.Linear(2, 2, bias=False)
        with torch.no_grad():
            self.conv.weight.copy_(torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1))
            self.head.weight.copy_(torch.tensor([[3.0, -1.0], [-2.0, 4.0]]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(F.relu(self.conv(x)).mean((2, 3)))


def test_weights_are_means_of_gradients_and_the_sum_is_cut_at_zero() -> None:
    """With 4 places, each place has a quarter of the head's weight: (3a - b) / 4 and (-2a + 4b) / 4, cut at 0."""
    image = torch.tensor([[[[1.0, -2.0], [0.0, 4.0]]]])
    a, b = torch.tensor([[1.0, 0.0], [0.0, 4.0]]), torch.tensor([[0.0, 2.0], [0.0, 0.0]])
    maps = class_maps(ByHand(), image, 2)
    assert maps.shape == (1, 2, 2, 2)
    torch.testing.assert_close(maps[0, 0], torch.relu(3 * a - b) / 4)
    torch.testing.assert_close(maps[0, 1], torch.relu(-2 * a + 4 * b) / 4)
    np.testing.assert_allclose(scaled(maps[0, 0].numpy()), [[0.25, 0], [0, 1]], atol=1e-6)


def test_a_map_is_the_gradients_mean_also_where_the_head_weighs_places() -> None:
    """Behind flatten and a linear layer each place has its own gradient: the mean of 1, 2, 3 and 6 is 3."""
    model = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten(), nn.Linear(4, 1, bias=False))
    with torch.no_grad():
        model[0].weight.fill_(1.0)
        model[2].weight.copy_(torch.tensor([[1.0, 2.0, 3.0, 6.0]]))
    image = torch.tensor([[[[1.0, -1.0], [2.0, 0.5]]]])
    torch.testing.assert_close(class_maps(model, image, 1)[0, 0], torch.tensor([[3.0, 0.0], [6.0, 1.5]]))


def test_a_class_that_nothing_speaks_for_has_an_empty_map() -> None:
    maps = class_maps(ByHand(), -torch.ones(1, 1, 2, 2), 2)
    assert maps[0, 0].abs().sum() == 0
    assert scaled(maps[0, 0].numpy()).sum() == 0


# --- against a reference --------------------------------------------------------------------------------------


def reference(
    model: nn.Module, layer: nn.Module, scorer: nn.Module, images: torch.Tensor, size: tuple[int, int]
) -> np.ndarray:
    """As the published package does it, step by step and slowly: one image and one class at a time, the gradient
    taken by a hook on the layer's output; scaled, resized, scaled again. `scorer` gives the class scores."""
    kept: dict[str, torch.Tensor] = {}

    def keep(_module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        kept["activation"] = output.detach().clone()
        output.register_hook(lambda gradient: kept.__setitem__("gradient", gradient.clone()))

    handles = [
        layer.register_forward_hook(keep),
        scorer.register_forward_hook(lambda _m, _i, output: kept.__setitem__("scores", output)),
    ]
    model.eval()
    found = []
    for image in images:
        model(image[None])
        for one in range(kept["scores"].shape[1]):
            model.zero_grad()
            model(image[None])
            kept["scores"][0, one].backward()
            activation, gradient = kept["activation"][0].numpy(), kept["gradient"][0].numpy()
            cam = np.zeros(activation.shape[1:], np.float64)
            for channel in range(len(activation)):
                cam += gradient[channel].mean(dtype=np.float64) * activation[channel]
            cam = np.maximum(cam, 0)
            cam = (cam - cam.min()) / (1e-7 + (cam - cam.min()).max())
            whole = F.interpolate(torch.tensor(cam)[None, None], size, mode="bilinear", align_corners=False)
            cam = whole[0, 0].numpy()
            found.append((cam - cam.min()) / (1e-7 + (cam - cam.min()).max()))
    for handle in handles:
        handle.remove()
    return np.stack(found).reshape(len(images), -1, *size)


def shown(maps: torch.Tensor, size: tuple[int, int]) -> np.ndarray:
    """What a report shows of them, before colours."""
    return np.stack([[resized(scaled(one), *size) for one in each] for each in maps.numpy()])


class Small(nn.Module):
    """As students write them: plain calls for pooling and ReLU, one layer used twice, dropout, a log-softmax."""

    def __init__(self, head: str, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.start = nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.BatchNorm2d(12))
        self.again = nn.Conv2d(12, 12, 3, padding=1)
        self.last = nn.Sequential(nn.Conv2d(12, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
        self.drop = nn.Dropout(0.3)
        self.scores = nn.Linear(4, 5)
        self.head = head

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.start(x)), 2)
        x = x + self.again(F.relu(self.again(x), inplace=True))
        x = self.drop(self.last(x))
        if self.head == "mean":
            return self.scores(x.mean([2, 3]))
        if self.head == "view":
            return self.scores(x.view(x.shape[0], x.shape[1], -1).mean(-1))
        pooled = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return F.log_softmax(self.scores(pooled), dim=1)


@pytest.mark.parametrize("head", ["mean", "view", "log_softmax"])
@pytest.mark.parametrize("seed", [1, 2])
def test_it_equals_the_reference(head: str, seed: int) -> None:
    """Before the softmax: the score of a class is what the paper calls y^c."""
    model, given = Small(head, seed), images(4, 3, 20, 16)  # as many images as the last layer has channels
    expected = reference(model, model.last, model.scores, given, (20, 16))
    found = class_maps(model, given, 5, (8, 6))
    assert expected.max() > 0.99
    np.testing.assert_allclose(shown(found, (20, 16)), expected, atol=1e-5)


def test_it_equals_the_reference_on_a_resnet() -> None:
    torchvision = pytest.importorskip("torchvision")
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torchvision.models.resnet18(weights=None, num_classes=3)
    given = images(1, 3, 64, 64)
    expected = reference(model, model.layer4[-1], model.fc, given, (64, 64))
    np.testing.assert_allclose(shown(class_maps(model, given, 3), (64, 64)), expected, atol=1e-5)


def test_a_known_size_and_the_last_map_are_the_same() -> None:
    model, given = Small("mean", 3), images(4, 3, 20, 16)
    torch.testing.assert_close(class_maps(model, given, 5), class_maps(model, given, 5, (8, 6)))


# --- which map ------------------------------------------------------------------------------------------------


class Made(nn.Module):
    """A convolution as large as the map is the head, and its weights are made in forward, behind the map."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self.body = nn.Conv2d(1, 6, 3)
        self.weight = nn.Parameter(torch.randn(images, 6, 4, 4))

    def made(self) -> torch.Tensor:
        return self.weight - self.weight.mean((1, 2, 3), keepdim=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.body(x))
        return F.conv2d(x, self.made()).flatten(1)


@pytest.mark.parametrize("size", [(1, 1), (4, 4), ()])
def test_weights_made_in_forward_are_no_map(size: tuple[int, ...]) -> None:
    """They have as many rows as there are images, height and width, and a gradient."""
    model, given = Made(7), images(7, 1, 6, 6)
    activation, weights = F.relu(model.body(given)), model.made().mean((2, 3))
    expected = torch.relu(torch.einsum("kc,nchw->nkhw", weights, activation))
    torch.testing.assert_close(class_maps(model, given, 7, size), expected)


class Aside(nn.Module):
    """A map that leads nowhere comes last."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.aside, self.head = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 2, 1), nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.body(x)
        self.seen = self.aside(x)
        return self.head(x.amax((2, 3)))


def test_a_map_that_leads_nowhere_is_passed_over() -> None:
    model, given = Aside(), images(3, 1, 8, 8)
    activation = model.body(given)
    spread = (activation == activation.amax((2, 3), keepdim=True)).float()
    weights = torch.einsum("kc,nchw->nkc", model.head.weight, spread) / 36
    expected = torch.relu(torch.einsum("nkc,nchw->nkhw", weights, activation))
    torch.testing.assert_close(class_maps(model, given, 3), expected)


class Frozen(Aside):
    def __init__(self) -> None:
        super().__init__()
        self.requires_grad_(False)


def test_a_frozen_model_is_explained_and_left_as_it_was() -> None:
    model = Frozen().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert class_maps(model, images(3, 1, 8, 8), 3).abs().sum() > 0
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(one.grad is None and not one.requires_grad for one in model.parameters())


def test_no_gradient_is_left_behind() -> None:
    model = Small("mean", 1)
    class_maps(model, images(2, 3, 20, 16), 5)
    assert all(one.grad is None for one in model.parameters())


class NoGradients(Aside):
    @torch.no_grad()
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x)


class Pair(Aside):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # type: ignore[override]
        return super().forward(x), x


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), "No map with height and width leads"),
        (NoGradients(), "No gradients flow"),
        (Pair(), "does not give one row"),
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 2)), "does not give one row"),
    ],
    ids=["mlp", "no-grad", "pair", "fewer-classes"],
)
def test_what_cannot_be_explained_says_why(model: nn.Module, sentence: str) -> None:
    with pytest.raises(NoMap, match=sentence):
        class_maps(model, images(3, 1, 8, 8), 3)


def test_what_the_student_raises_is_raised() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        class_maps(nn.Sequential(nn.Flatten(), nn.Linear(5, 3)), images(3, 1, 8, 8), 3)
