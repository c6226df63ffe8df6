"""`make pins`: write the requirement files, with hashes, from the .in files.

The tool lives in its own environment, so that neither the site nor the tests carry it.
The settings of this machine's pip are left out: no path or address of it may end up
in a file.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
TOOLS = BASE_DIR / "var" / "pins"
PIP_TOOLS = "pip-tools==7.6.2"
NAMES = ("requirements", "requirements-dev", "requirements-node")
OPTIONS = (
    "--quiet",
    "--generate-hashes",
    "--allow-unsafe",
    "--strip-extras",
    "--no-emit-index-url",
    "--no-emit-trusted-host",
    "--no-emit-find-links",
)


def main() -> None:
    """Make the tool's environment when it is missing, then pin each file in turn."""
    compiler = TOOLS / "bin" / "pip-compile"
    if not compiler.exists():
        subprocess.run([sys.executable, "-m", "venv", TOOLS], check=True)
        pip = [str(TOOLS / "bin" / "pip"), "install", "--quiet", PIP_TOOLS]
        subprocess.run(pip, check=True)
    environment = {
        **os.environ,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": "",
        "CUSTOM_COMPILE_COMMAND": "make pins",
    }
    for name in NAMES:
        command = [str(compiler), *OPTIONS, "-o", f"{name}.txt", f"{name}.in"]
        subprocess.run(command, check=True, cwd=BASE_DIR, env=environment)


if __name__ == "__main__":
    main()
