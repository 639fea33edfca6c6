"""An environment with Ray beside the one that runs this, for `tests/integration/test_ray.py`.

    python tests/ray_environment.py FOLDER

It sees all packages of this one; Ray, which is large, is installed in FOLDER alone, at the version of `[ray]`.
"""

from __future__ import annotations

import site
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(folder: Path) -> int:
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    own = subprocess.run(
        [python, "-c", "import site; print(site.getsitepackages()[0])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (Path(own) / "beside.pth").write_text("\n".join(site.getsitepackages()) + "\n", "utf-8")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"][
        "ray"
    ]
    return subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tests/ray_environment.py FOLDER")
    sys.exit(main(Path(sys.argv[1])))
