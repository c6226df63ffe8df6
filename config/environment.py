"""Build what the site runs in: Python packages, npm packages, copied assets.

Run by `make` with the machine's own Python, so it needs nothing but the standard
library: `python3 config/environment.py [site|tests]`. Each step leaves a stamp, and a
second run does only what has changed.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from assets import copy_assets, missing_assets
from stylesheets import StylesNotMade, build_styles

BASE_DIR = Path(__file__).resolve().parent.parent
VENV = BASE_DIR / ".venv"
BIN = VENV / "bin"
OLDEST_PYTHON = (3, 11)
OLDEST_NPM = 7
QUIET = ("--no-progress", "--loglevel=error")
REQUIREMENTS = {
    "site": ("requirements.txt",),
    "tests": ("requirements.txt", "requirements-dev.txt"),
}


def main() -> None:
    """Prepare the environment that the first argument names (default: site)."""
    kind = sys.argv[1] if len(sys.argv) > 1 else "site"
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            f"Python 3.11 or newer is needed; this is {platform.python_version()}."
            " Name another: make run PYTHON=python3.12"
        )
    make_virtual_environment()
    for name in REQUIREMENTS[kind]:
        install(name)
    build_assets()


def make_virtual_environment() -> None:
    """Make .venv unless it is there and its Python still runs."""
    if (BIN / "pip").exists() and _runs([str(BIN / "python"), "--version"]):
        return
    say("Making the Python environment in .venv")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if made.returncode:
        sys.exit(
            "The Python environment could not be made."
            " On Debian and Ubuntu: apt-get install python3-venv"
        )


def install(name: str) -> None:
    """Install a requirement file, each package checked against its hash."""
    stamp = VENV / f".{name}.stamp"
    wanted = _digest(BASE_DIR / name, platform.python_version())
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"Installing {name}")
    pip = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
    installed = subprocess.run(
        [*pip, "--disable-pip-version-check", "-r", name], cwd=BASE_DIR
    )
    if installed.returncode:
        sys.exit(f"The packages of {name} could not be installed; pip says why above.")
    stamp.write_text(wanted)


def build_assets() -> None:
    """Fetch the npm packages when the lock file changed, and copy what we serve."""
    stamp = BASE_DIR / "node_modules" / ".lock.stamp"
    wanted = _digest(BASE_DIR / "package-lock.json", "")
    is_fetched = stamp.exists() and stamp.read_text() == wanted
    if not is_fetched:
        say("Fetching stylesheets and the font")
        environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        fetched = subprocess.run(
            [npm(), "ci", "--ignore-scripts", "--omit=optional", *QUIET],
            cwd=BASE_DIR,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
        if fetched.returncode:
            sys.exit("The npm packages could not be installed; npm says why above.")
        stamp.write_text(wanted)
    if not is_fetched or missing_assets(BASE_DIR):
        copy_assets(BASE_DIR)
    try:
        build_styles(BASE_DIR)
    except StylesNotMade as error:
        sys.exit(f"The style sheets could not be made: {error}")


def npm() -> str:
    """The path of a usable npm; where the machine has none, one is put into .venv."""
    for path in (shutil.which("npm"), str(BIN / "npm")):
        if path and _npm_version(path) >= OLDEST_NPM:
            return path
    say("No Node.js on this machine: installing one into .venv")
    install("requirements-node.txt")
    return str(BIN / "npm")


def _npm_version(path: str) -> int:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    try:
        shown = subprocess.run(
            [path, "--version"], capture_output=True, text=True, env=environment
        )
        return int(shown.stdout.split(".")[0])
    except (OSError, ValueError):
        return 0


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def _digest(path: Path, extra: str) -> str:
    return hashlib.sha256(path.read_bytes() + extra.encode()).hexdigest()


def say(sentence: str) -> None:
    """Tell what takes time."""
    print(f"- {sentence}", flush=True)


if __name__ == "__main__":
    main()
