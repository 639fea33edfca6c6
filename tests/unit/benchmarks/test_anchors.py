"""One net in three ways: the same start, the same recipe, scored alike; and the words for what comes out."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

pytestmark = pytest.mark.slow  # imports torchvision, and trains


@pytest.fixture(scope="module")
def anchors(script):
    return script("anchors")


@pytest.fixture(scope="module")
def ways(script):
    return script("anchors_ways")


@pytest.fixture
def setting(anchors, ways, tmp_path):
    import torch

    from grader.data.interface import load

    data = anchors.replace_images(load("mnist", data_dir=None, stand_in=True), 512)
    data = replace(data, test_images=data.test_images[:500], test_labels=data.test_labels[:500])
    script_of = sys.modules["goals"]
    script_of.write_raw(tmp_path / "MNIST" / "raw", data)
    return ways.Setting(data, tmp_path, epochs=1, workers=1, device=torch.device("cpu"))


@pytest.mark.parametrize("net", ["s4", "eva8_s4"])
def test_all_ways_train_the_same_net(anchors, ways, setting, net):
    found = anchors.in_turn(ways.ANCHORS[net], replace(setting, epochs=2), 1)
    assert list(found) == ["plain script", "torchvision style", "fast lane"]
    for (one,) in found.values():
        assert 0.05 <= one.accuracy <= 1
        assert one.wall_seconds > 0
        assert one.cpu_seconds > 0
    lines = anchors.table(net, found, setting)
    assert len(lines) == 8
    assert "standard errors" in lines[-1]
    assert {"model", "train"}.isdisjoint(sys.modules)


def test_every_way_starts_from_the_same_weights(ways, setting):
    import torch

    anchor = ways.ANCHORS["s4"]
    one, other = (anchor.built(7, setting.device).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)
    third = anchor.built(8, setting.device).state_dict()
    assert any(not torch.equal(one[name], third[name]) for name in one)


def test_the_recipe_of_the_ways_is_that_of_the_references_script(ways):
    for anchor in ways.ANCHORS.values():
        script = anchor.module("train")
        assert (script.BATCH_SIZE, script.MAX_LR, script.MOMENTUM) == (anchor.batch_size, anchor.max_lr, 0.9)


def test_the_fast_lane_gets_the_recipe_as_a_run_captures_it(ways):
    """Of the stored run of the reference: transforms, optimizer and schedule are the same."""
    import json
    from pathlib import Path

    stored = Path(__file__).parents[3] / "reports" / "reference" / "eva8_s4.json"
    recipe = json.loads(stored.read_text("utf-8"))["evidence"]["recipe"]
    plan = ways._plan(ways.ANCHORS["eva8_s4"], 15, 938, 1)
    assert [one["name"] for one in plan.transforms] == [one["name"] for one in recipe["transforms"]]
    (moved, *_) = recipe["transforms"]
    assert [list(pair) for pair in plan.transforms[0]["arguments"]] == moved["arguments"]
    assert plan.optimizer["arguments"] == dict(recipe["optimizer"]["arguments"])
    assert plan.batch_size == recipe["batch_size"]


def test_with_several_seeds_the_interval_says_whether_they_differ(anchors, ways, setting):
    plain = [ways.Trained(one, 10.0, 10.0) for one in (0.989, 0.990, 0.991)]
    same = [ways.Trained(one, 5.0, 4.0) for one in (0.9892, 0.9899, 0.9910)]
    worse = [ways.Trained(one, 5.0, 4.0) for one in (0.969, 0.970, 0.971)]
    lines = anchors.table(
        "s4", {"plain script": plain, "fast lane": same, "torchvision style": worse}, setting
    )
    assert "| plain script | 99.00 (0.10) |  | 10.00 | 1.00 (1.00-1.00) |" in lines[5]
    assert "no evidence of a difference | 4.00 | 0.40 (0.40-0.40) | 5.00 | 0.50" in lines[6]
    assert "-2.00 [" in lines[7]
    assert ": differs |" in lines[7]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--seeds", "0"], "1 or more"),
        (["--yardstick", "record.py"], "--yardstick SCRIPT wants a file, and --device cuda"),
    ],
)
def test_what_cannot_be_measured_is_said(anchors, monkeypatch, capsys, words, fault):
    monkeypatch.setattr("sys.argv", ["anchors.py", *words])
    assert anchors.main() == 2
    assert fault in capsys.readouterr().err


# --- the yardstick ------------------------------------------------------------------------------------------


def test_a_record_is_timed_and_its_last_figures_are_shown(script, tmp_path):
    record = tmp_path / "record.py"
    record.write_text("print('run 1')\nprint('accuracy 0.9402 \\x1b[31mtime 3.29')\n", "utf-8")
    found = script("anchors_yardstick").run_yardstick(record)
    assert found.seconds > 0
    assert "accuracy 0.9402" in found.said
    assert "\x1b" not in found.said


@pytest.mark.parametrize(
    ("text", "said"),
    [("raise SystemExit('no GPU')", "ended with 1: no GPU"), ("while 1: pass", "did not end")],
)
def test_a_record_that_fails_is_a_sentence(script, tmp_path, text, said):
    record = tmp_path / "record.py"
    record.write_text(text, "utf-8")
    assert said in script("anchors_yardstick").run_yardstick(record, limit_seconds=2)
