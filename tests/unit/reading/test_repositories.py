"""Other repositories that a submission fetches, installs or links."""

from __future__ import annotations

import pytest

from grader.reading.read import read_submission


def found(stage, files, **more):
    return [(one.url, one.place, one.kind) for one in read_submission(*stage(files, **more)).repositories]


@pytest.mark.parametrize(
    ("line", "url", "kind"),
    [
        ("!git clone https://github.com/bob/models.git", "https://github.com/bob/models", "cloned"),
        ("! git clone --depth 1 https://github.com/bob/models", "https://github.com/bob/models", "cloned"),
        ("!git clone -b dev https://github.com/bob/models && cd models", "https://github.com/bob/models/tree/dev", "cloned"),
        ("!git clone git@github.com:bob/models.git", "https://github.com/bob/models", "cloned"),
        ("!git clone https://bob:secret@github.com/bob/models", "https://github.com/bob/models", "cloned"),
        ("%%bash\ngit clone https://gitlab.com/bob/models.git", "https://gitlab.com/bob/models", "cloned"),
        ("import os\nos.system('git clone https://github.com/bob/models')", "https://github.com/bob/models", "cloned"),
        ('subprocess.run(["git", "clone", "https://github.com/bob/models"])', "https://github.com/bob/models", "cloned"),
        ("Repo.clone_from('https://github.com/bob/models.git', 'm')", "https://github.com/bob/models", "cloned"),
        ("!pip install git+https://github.com/bob/models.git", "https://github.com/bob/models", "installed"),
        ("%pip install -q git+https://github.com/bob/m@v2#egg=m", "https://github.com/bob/m/tree/v2", "installed"),
        ("subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'git+https://github.com/bob/m'])", "https://github.com/bob/m", "installed"),
    ],
)  # fmt: skip
def test_what_code_fetches(stage, line, url, kind):
    assert found(stage, {"a.ipynb": ("x = 1", line)}) == [(url, "a.ipynb, cell 2", kind)]


@pytest.mark.parametrize(
    "line",
    [
        "# !git clone https://github.com/bob/models",
        "!git clone https://github.com/ada/mnist",
        "!git clone https://github.com/Ada/MNIST.git",
        "net = model.clone()  # git",
        "!git clone $URL",
        "!pip install torchsummary",
    ],
)
def test_what_is_no_other_repository(stage, line):
    assert found(stage, {"a.ipynb": (line,)}) == []


def test_links_of_the_readme(stage):
    readme = (
        "[own](https://github.com/ada/mnist/blob/main/a.ipynb) [models](https://github.com/bob/models/tree/main/x)\n"
        "\n[colab](https://colab.research.google.com/drive/1abc_D?usp=sharing)\n"
        "[mine](https://colab.research.google.com/github/ada/mnist/blob/main/a.ipynb)\n"
        "[his](https://colab.research.google.com/github/bob/other/blob/main/a.ipynb) [x](https://example.org/bob/y)\n"
    )
    assert found(stage, {"README.md": readme}) == [
        ("https://github.com/bob/models", "README.md:1", "linked"),
        ("https://colab.research.google.com/drive/1abc_D", "README.md:3", "notebook"),
        ("https://github.com/bob/other", "README.md:5", "linked"),
    ]


def test_a_bare_address_of_colab_is_a_link(stage):
    readme = "It is\nat https://colab.research.google.com/drive/1abc_D?usp=sharing now.\n"
    assert found(stage, {"README.md": readme}) == [
        ("https://colab.research.google.com/drive/1abc_D", "README.md:2", "notebook")
    ]


def test_the_strongest_way_counts_and_lists_are_read(stage):
    files = {
        "README.md": "[m](https://github.com/bob/models)",
        "a.py": "import os\nos.system('git clone https://github.com/bob/models')\n",
        "requirements.txt": "torch\nvit @ git+https://github.com/carl/vit.git@main\n",
        ".gitmodules": '[submodule "m"]\n\tpath = m\n\turl = https://github.com/dora/sub.git\n',
    }
    assert set(found(stage, files)) == {
        ("https://github.com/bob/models", "a.py:2", "cloned"),
        ("https://github.com/carl/vit/tree/main", "requirements.txt:2", "installed"),
        ("https://github.com/dora/sub", ".gitmodules:3", "cloned"),
    }


@pytest.mark.timeout(30)
def test_hostile_lines_take_no_time_and_are_clean(stage):
    text = "git clone " * 50_000 + "https://github.com/bob/\x1b[31mx\u202e"
    links = found(stage, {"a.py": f"'''{text}\n{'git clone https://github.com/a/b ' * 20_000}\n'''"})
    assert all("\x1b" not in url and "\u202e" not in url for url, _, _ in links)
