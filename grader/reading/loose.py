"""Lines of code or log that stand in running text, where a page shows them run together."""

from __future__ import annotations

import re

_CODE = re.compile(
    r"""\s*(?: import\ [a-z_][\w.]*(?:\ as\ \w+)?\s*$
      | from\ [a-z_.][\w.]*\ import\ \w
      | (?:async\ )?def\ \w+\s*\(.*:\s*$
      | class\ \w+\s*\([\w., ]*\)\s*:\s*$
      | self\.\w+\s*=\s*\S
      | \w+\s*=\s*(?:nn|torch|F|optim|transforms)\.\w+[.(]
      | (?:\$\s*)?(?:pip3?\ install|git\ clone|conda\ install|python3?\ \S+\.py)(?:\s|$)
    )""",
    re.VERBOSE,
)
_LOG = re.compile(
    r"""\s*(?: test\ set:.*\d
      | \[?epoch\W{0,3}\d+.*(?:loss|acc)\w*\W{1,4}[\d.]+
      | (?:total|trainable)\ params:\ [\d,]+
      | \w+-\d+\s+\[-1,
    ) | \d%\|""",
    re.VERBOSE | re.IGNORECASE,
)


def is_loose(line: str, in_list: bool) -> bool:
    """A list's items may show a log: they keep their lines. Code may not stand there unmarked."""
    shown = line[:500]
    return bool(_CODE.match(shown)) or (not in_list and bool(_LOG.match(shown) or re.search(r"\d%\|", shown)))
