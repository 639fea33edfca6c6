"""Who may import what. The rules are the house's walls; DESIGN decisions live in docs/decisions."""

from __future__ import annotations

import ast
import os
import resource
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "grader"
FILES = sorted(PACKAGE.rglob("*.py"))

WORKER_SIDE = ("worker", "inspection", "training")
KNOWS_SEVERAL = ("pipeline.py", "stages", "course", "bench", "cli", "__main__.py")
FAMILIES = (
    "spec",
    "fetch",
    "reading",
    "isolation",
    "worker",
    "inspection",
    "data",
    "training",
    "evaluation",
    "checks",
    "architecture",
    "course",
    "report",
    "review_page",
    "web",
    "platforms",
    "bench",
)


def family(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


@cache
def imports(path: Path) -> set[str]:
    """Dotted names of everything that a file imports, wherever in it; type-checking imports left out."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update({node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)})
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text("utf-8")))
    return found


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


GROUND_FLOOR = [PACKAGE / "errors.py", *sorted((PACKAGE / "records").glob("*.py"))]


@pytest.mark.parametrize("path", GROUND_FLOOR, ids=lambda path: path.name)
def test_the_ground_floor_stands_on_nothing_of_ours(path):
    ours = {name for name in imports(path) if name.partition(".")[0] == "grader"}
    assert all(name.startswith("grader.records.") for name in ours)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_borders(path):
    own, used = family(path), tops(path)
    if own not in WORKER_SIDE:
        assert not used & {"torch", "torchvision", "torchinfo"}, "torch is for workers only"
    if own not in ("cli", "report"):
        assert not used & {"click", "rich", "jinja2"}, "only the shell and the reports know how things look"
    if path.relative_to(PACKAGE) != Path("fetch/git.py"):
        assert "git" not in used, "GitPython has one doorway"
    if path.relative_to(PACKAGE) != Path("course/batch/executors/ray.py"):
        assert "ray" not in used, "Ray has one doorway"
    if own in ("checks", "architecture", "judge.py"):
        assert not used & {"torch", "subprocess", "socket", "os"}, "judging is pure"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_students_address_is_asked_through_one_doorway(path):
    if family(path) not in ("web", "stages"):
        assert not any(name.startswith("grader.web") for name in imports(path)), (
            "stages decide whether it is asked"
        )


WORKER_MAY_USE = (
    "grader.worker",
    "grader.inspection",
    "grader.training",
    "grader.isolation.frames",
    "grader.coco",
    "grader.reading.notebook",
    "grader.text",
)


@pytest.mark.parametrize(
    "path", [p for p in FILES if family(p) in WORKER_SIDE], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_worker_imports_nothing_that_knows_labels_or_limits(path):
    ours = {name for name in imports(path) if name.startswith("grader.")}
    assert all(name.startswith(WORKER_MAY_USE) for name in ours), ours


@pytest.mark.parametrize(
    "path", [p for p in FILES if family(p) in FAMILIES], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_family_knows_few_others(path):
    allowed = {
        "checks": {"evaluation", "reading", "architecture"},  # a verdict's arithmetic, prose, and data flow
        "platforms": {"spec"},  # what is put into other systems grades under one
        "spec": {"checks"},  # the kinds of rules that a spec may hold
        "training": {"inspection"},  # what is trained is what is counted
        "worker": {"inspection", "training", "isolation", "reading"},
        "review_page": {"course", "report"},  # the stored runs, and how they are shown
    }
    own = family(path)
    if own in KNOWS_SEVERAL:
        return
    others = {name.split(".")[1] for name in imports(path) if name.startswith("grader.")} & set(FAMILIES)
    assert others <= {own} | allowed.get(own, set())


def test_help_is_fast_and_imports_nothing_heavy():
    code = "import sys; from grader.cli import cli; cli.main(['--help'], standalone_mode=False); print(sorted(set(m.partition('.')[0] for m in sys.modules)), file=sys.stderr)"
    best = 10.0
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    loaded = set(ast.literal_eval(done.stderr))
    assert not loaded & {"torch", "numpy", "git", "jinja2", "pydantic", "ruamel", "rich"}, loaded
    assert "run" in done.stdout
    assert "check" in done.stdout
    assert best < 0.3


def test_no_registry_and_no_machine_is_named():
    """Hosts of package registries and absolute paths of one machine have no place in the project."""
    hosts = (
        "pypi." + "org",
        "python" + "hosted.org",
        "registry.npm" + "js.org",
        "deb.debian" + ".org",
        "download.py" + "torch.org",
    )
    places = (os.sep.join(("", "work", "main")), os.sep.join(("", "root", ".")))
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 2_000_000:
            text = path.read_text("utf-8", "ignore")
            assert not [host for host in hosts if host in text], name
            assert not [place for place in places if place in text], name


RUNS_CODE = {
    "exec",
    "eval",
    "compile",
    "__import__",
    "runpy",
    "spec_from_file_location",
    "exec_module",
    "execfile",
}
READS_OBJECTS = {"pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}


def calls_and_imports(path: Path) -> set[str]:
    """Names that a file calls plainly (`exec`, not `re.compile`), attributes that it uses, and what it imports."""
    found = {name.partition(".")[0] for name in imports(path)}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.add(node.func.id)
        elif isinstance(node, ast.Attribute) and node.attr in RUNS_CODE - {"compile", "eval"}:
            found.add(node.attr)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("torch.load", "torch.jit.load"):
            found.add("pickle")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_code_from_outside_is_run_in_the_worker_only(path):
    used = calls_and_imports(path)
    assert not used & READS_OBJECTS, "no format that runs code when it is read"
    if family(path) != "worker":
        assert not used & RUNS_CODE, "what a submission holds is parsed, never run"
    if "import_module" in path.read_text("utf-8") and family(path) != "worker":
        assert path.relative_to(PACKAGE).parts[0] in (
            "checks",
            "report",
            "data",
            "cli",
            "reading",
            "training",
        ), "families load their own"
    if "subprocess" in used and path.name != "scratch.py" and path.parent.name != "executors":
        assert family(path) in ("isolation", "fetch", "worker"), (
            "only git, the sandbox and attempts are started"
        )
