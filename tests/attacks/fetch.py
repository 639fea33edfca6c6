"""Attacks on fetching: rows 35 to 37."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

from grader_attack import HONEST, NOTED, Attack, Expected, git_server, net, write

_LINK, _FILE, _TREE, _SUBMODULE = "120000", "100644", "040000", "160000"


def _refused(says: str) -> Expected:
    return Expected(error="FetchError", says=says)


def _bare(folder: Path) -> Path:
    bare = folder / "work.git"
    folder.mkdir(parents=True, exist_ok=True)
    git_server().git("init", "--quiet", "--bare", str(bare), cwd=folder)
    return bare


def _hostile_repository(folder: Path) -> Path:
    """Links out of the tree, a submodule on this machine's disk, filters, and names that lead elsewhere."""
    git = git_server()
    bare = _bare(folder)

    def blob(text: str) -> str:
        return git.make_blob(bare, text.encode())

    inner = git.make_tree(bare, [(_FILE, "blob", blob("[core]\n\tfsmonitor = touch owned\n"), b"config")])
    modules = f'[submodule "x"]\n\tpath = x\n\turl = file://{folder}/other\n\tupdate = !touch owned\n'
    entries = [
        (_FILE, "blob", blob(net()), b"model.py"),
        (_LINK, "blob", blob("/etc/passwd"), b"README.md"),
        (_LINK, "blob", blob("/"), b"data"),
        (_FILE, "blob", blob(modules), b".gitmodules"),
        (_FILE, "blob", blob("* filter=lfs diff=owned\n"), b".gitattributes"),
        (_FILE, "blob", blob("x"), b"-rf"),
        (_FILE, "blob", blob("x"), b"con\nfig\x1b[2J.py"),
        (_TREE, "tree", inner, b".GIT"),
        (_TREE, "tree", inner, b"hooks"),
        (_SUBMODULE, "commit", "1" * 40, b"x"),
    ]
    git.commit_tree(bare, git.make_tree(bare, sorted(entries, key=lambda one: one[3])))
    return bare


def _folder_with_hooks(folder: Path) -> Path:
    """A folder whose own git configuration names commands for everything that git would do in it."""
    place = git_server().make_repository(folder / "submission", {"model.py": net()})
    deed = f"touch {folder / 'owned'}"
    (place / ".git" / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
        f'\tfsmonitor = "{deed}"\n\tsshCommand = "{deed}"\n\tpager = "{deed}"\n\teditor = "{deed}"\n'
        f'[filter "x"]\n\tclean = "{deed}"\n\tsmudge = "{deed}"\n[diff]\n\texternal = "{deed}"\n'
        f'[uploadpack]\n\tpackObjectsHook = "{deed}"\n'
    )
    for name in ("post-checkout", "pre-commit", "post-merge", "reference-transaction"):
        hook = place / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{deed}\n")
        hook.chmod(0o755)
    (place / ".gitattributes").write_text("* filter=x\n")
    return place


def _tree_bomb(folder: Path) -> Path:
    """Ten thousand million files out of one: each of ten folders holds the same ten folders."""
    git = git_server()
    bare = _bare(folder)
    kind, mode, oid = "blob", _FILE, git.make_blob(bare, b"x")
    for _ in range(10):
        oid = git.make_tree(bare, [(mode, kind, oid, f"{n}".encode()) for n in range(10)])
        kind, mode = "tree", _TREE
    git.commit_tree(bare, oid)
    return bare


def _deep_tree(folder: Path) -> Path:
    git = git_server()
    bare = _bare(folder)
    oid = git.make_tree(bare, [(_FILE, "blob", git.make_blob(bare, net().encode()), b"model.py")])
    for _ in range(400):
        oid = git.make_tree(bare, [(_TREE, "tree", oid, b"d")])
    git.commit_tree(bare, oid)
    return bare


def _many_files(folder: Path) -> Path:
    return write(folder / "submission", {"model.py": net(), **{f"data/{n}.txt": "x" for n in range(30_000)}})


def _pack_bomb(folder: Path) -> Path:
    """A file of 300 MB that is hardly anything as git stores it."""
    git = git_server()
    bare = _bare(folder)
    big = git.make_blob(bare, bytes(300 << 20))
    model = git.make_blob(bare, net().encode())
    entries = [(_FILE, "blob", model, b"model.py"), (_FILE, "blob", big, b"zeros.bin")]
    git.commit_tree(bare, git.make_tree(bare, entries))
    return bare


def _zip(members: dict[str, bytes], mode: int = 0o100644) -> object:
    def build(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / "submission.zip"
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("model.py", net())
            for name, content in members.items():
                info = zipfile.ZipInfo(name)
                info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
                archive.writestr(info, content)
        return place

    return build


def _tar_with_links(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "submission.tar.gz"
    with tarfile.open(place, "w:gz") as archive:
        for name, kind, target in (
            ("out", tarfile.SYMTYPE, str(folder)),
            ("out/owned", tarfile.REGTYPE, ""),
            ("passwd", tarfile.LNKTYPE, "/etc/passwd"),
            ("null", tarfile.CHRTYPE, ""),
            ("pipe", tarfile.FIFOTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
        content = net().encode()
        info = tarfile.TarInfo("model.py")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return place


def _fetch(
    row: int, name: str, description: str, build: object, expected: Expected, first: bool = False
) -> Attack:
    return Attack(row, name, "fetch", description, build, expected, first)  # type: ignore


ATTACKS = [
    _fetch(35, "hostile-repository", "Links, a submodule, filters and names that lead elsewhere", _hostile_repository, NOTED),
    _fetch(35, "folder-with-hooks", "A folder whose git configuration runs commands", _folder_with_hooks, HONEST, first=True),
    _fetch(36, "tree-bomb", "Ten thousand million files out of one", _tree_bomb, _refused("files")),
    _fetch(36, "deep-tree", "Four hundred folders, one inside of the other", _deep_tree, _refused("deeper")),
    _fetch(36, "many-files", "Thirty thousand files", _many_files, _refused("files")),
    _fetch(36, "pack-bomb", "A file of 300 MB that is hardly anything as git stores it", _pack_bomb, HONEST),
    _fetch(37, "zip-slip", "An archive with a member that lies outside of it", _zip({"../../owned": b"owned"}), _refused("owned")),
    _fetch(37, "zip-absolute", "An archive with a member that names its place on the disk", _zip({"/tmp/owned": b"owned"}), _refused("owned")),
    _fetch(37, "zip-link", "An archive with a link to /etc", _zip({"data": b"/etc"}, 0o120777), NOTED),
    _fetch(37, "zip-bomb", "An archive that grows more than a hundredfold", _zip({"zeros": bytes(64 << 20)}), _refused("zeros")),
    _fetch(37, "tar-links", "Links, devices and pipes in a tar, and a file behind a link", _tar_with_links, NOTED),
]  # fmt: skip
