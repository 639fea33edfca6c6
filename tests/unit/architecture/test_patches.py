"""Patch embeddings and the blocks that mix patches, on what has them and on what only looks like it."""

from __future__ import annotations

import pytest

from grader.architecture.features import answers


@pytest.fixture
def net(built):
    return built.Net((3, 32, 32))


@pytest.fixture
def count(built):
    def of(structure, feature) -> int:
        return answers(built.model_of(structure), structure)(feature).count

    return of


def mixer(net, x: int, width: int = 8, *, residual: bool = True, depthwise: bool = True) -> int:
    """A block of a ConvMixer."""
    groups = width if depthwise else 1
    inner = net.batch_norm(net.pointwise("gelu", net.conv(x, width, 5, padding=2, groups=groups)))
    x = net.add(x, inner) if residual else inner
    return net.batch_norm(net.pointwise("gelu", net.conv(x, width, 1)))


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "expected"),
    [(4, 4, 0, 1), (2, 2, 0, 1), (1, 1, 0, 1), (3, 1, 1, 0), (4, 2, 0, 0), (3, 3, 1, 0), (2, 4, 0, 0)],
)
def test_patches_do_not_overlap(net, count, kernel, stride, padding, expected):
    x = net.conv(net.image, 8, kernel, stride=stride, padding=padding)
    assert count(net.structure(net.linear(net.flatten(x), 10)), "patch embedding") == expected


def test_a_convolution_further_on_embeds_no_patches(net, count):
    x = net.relu(net.conv(net.image, 8, 3, padding=1))
    assert count(net.structure(net.conv(x, 8, 4, stride=4)), "patch embedding") == 0


def test_patches_that_were_cut_out_before(net, count):
    patches = net.view(net.image, (64, 48))
    assert count(net.structure(net.linear(patches, 32)), "patch embedding") == 1


def test_a_whole_image_in_one_vector_is_no_patch(net, count):
    assert count(net.structure(net.linear(net.flatten(net.image), 10)), "patch embedding") == 0


@pytest.mark.parametrize("blocks", [0, 1, 3])
def test_blocks_of_a_convmixer(net, count, blocks):
    x = net.conv(net.image, 8, 4, stride=4)
    for _ in range(blocks):
        x = mixer(net, x)
    assert count(net.structure(net.linear(net.flatten(net.gap(x)), 10)), "mixing block") == blocks


@pytest.mark.parametrize("changes", [{"residual": False}, {"depthwise": False}])
def test_what_only_looks_like_one(net, count, changes):
    x = mixer(net, net.conv(net.image, 8, 4, stride=4), **changes)
    assert count(net.structure(x), "mixing block") == 0


def test_attention_mixes_too(built, count):
    assert count(built.attention_net(3), "mixing block") == 3


def test_a_residual_network_mixes_no_patches(built, count):
    assert count(built.resnet(), "mixing block") == 0
    assert count(built.resnet(imagenet=True), "patch embedding") == 0
