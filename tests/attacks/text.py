"""Attacks on whoever shows what was handed in: rows 38 and 41."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

from grader_attack import HONEST, Attack, Expected, model, net, write

_SCRIPT = "<script>window.owned = 1</script>"

_KIND = f"type('=cmd|/c calc!A1 {_SCRIPT}\\x1b]0;owned\\x07\\u202etxt.exe\\n', (ValueError,), {{}})"
_RAISES = f'raise {_KIND}("{_SCRIPT}\\x1b[2J\\u202e\\n=HYPERLINK(1)\\ud800" + "x" * 100_000)'

_RENAMED = """
    kind = type('=1+1 <img src=x onerror=alert(1)>\\x1b[2J\\u202e', (nn.ReLU,), {})
    self.features[2] = kind()
"""


def _names(folder: Path) -> Path:
    """Names of files that drive a terminal, a page and a table."""
    files: dict[str, bytes | str] = {
        "model.py": net(init=_RENAMED),
        "=cmd.py": "x = 1\n",
        "a\nb.py": "x = 1\n",
        "\x1b[2J.py": "x = 1\n",
        "\u202eyp.exe": "x = 1\n",
        "<img src=x onerror=alert(1)>.py": "x = (\n",
        "README.md": f"# {_SCRIPT}\n\n[x](javascript:alert(1)) ![y](https://pixel.invalid/x.png)\n\n{_SCRIPT}\n",
    }
    return write(folder / "submission", files)


def png(width: int, height: int, rows: int) -> bytes:
    """A picture that says it has `width` times `height` pixels, and holds `rows` rows of them, packed well."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    packer = zlib.compressobj(9)
    row = b"\0" + bytes(width // 8)
    packed = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def _workbook() -> bytes:
    """A workbook whose sheet is 48 MB of zeros, with a formula that fetches and a link to another file."""
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/worksheets/sheet1.xml", b"<c><f>WEBSERVICE(1)</f></c>" + bytes(48 << 20))
        book.writestr("xl/externalLinks/_rels/1.rels", '<Relationship Target="file:///etc/passwd"/>')
    return saved.getvalue()


_SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">{_SCRIPT}<image href="file:///etc/passwd"/></svg>'


def _pictures(folder: Path) -> Path:
    files: dict[str, bytes | str] = {
        "model.py": net(),
        "bomb.png": png(60_000, 60_000, 60_000),
        "lying.png": png(2**31 - 1, 2**31 - 1, 0)[:200],
        "truncated.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(20),
        "script.svg": _SVG,
        "sheet.xlsx": _workbook(),
        "README.md": "# Digits\n\n![](bomb.png) ![](lying.png) ![](truncated.jpg) ![](script.svg)\n",
    }
    return write(folder / "submission", files)


ATTACKS = [
    Attack(38, "names", "text", "Names of files, classes and layers with HTML, terminal commands and formulas", _names, HONEST, True),
    Attack(
        38,
        "message",
        "text",
        "Raises an error whose message has HTML, terminal commands and formulas, 100,000 characters long",
        model(net(init=_RAISES)),
        Expected(small=0, learns=0, status="ungradable", ending="raised", says="\\\\u202e"),
    ),
    Attack(41, "pictures", "text", "Picture bombs, an SVG with a script, a workbook that grows without end", _pictures, HONEST),
]  # fmt: skip
