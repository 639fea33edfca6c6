"""The stand-in for the package `yaml`."""

from __future__ import annotations

import io

import pytest

from grader.worker.capture import yaml_files


@pytest.fixture
def yaml():
    return yaml_files.module("yaml")


def test_settings_are_plain_data(yaml):
    text = "lr: 0.01\nshuffle: yes\nrate: 1e-3\nsizes: [1, 2]\nnet:\n  name: Net\n"
    assert yaml.safe_load(text) == {
        "lr": 0.01, "shuffle": True, "rate": 1e-3, "sizes": [1, 2], "net": {"name": "Net"},
    }  # fmt: skip
    assert yaml.load(io.StringIO("a: 1"), Loader=yaml.FullLoader) == {"a": 1}
    assert yaml.safe_load("") is None
    assert list(yaml.safe_load_all("a: 1\n---\nb: 2\n")) == [{"a": 1}, {"b": 2}]


def test_what_is_dumped_can_be_loaded(yaml):
    value = {"a": [1, 2], "b": {"c": "x"}}
    assert yaml.safe_load(yaml.dump(value)) == value
    stream = io.StringIO()
    yaml.safe_dump({"a": [1]}, stream, default_flow_style=True)
    assert stream.getvalue() == "{a: [1]}\n"


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2", "a: !!python/object/apply:os.system ['true']"])
def test_what_is_no_plain_data_is_refused(yaml, text):
    with pytest.raises(yaml.YAMLError):
        yaml.unsafe_load(text)
