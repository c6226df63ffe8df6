"""Copy the few files of the npm packages that pages use to static/vendor."""

from __future__ import annotations

import shutil
from pathlib import Path

# From node_modules, to static/vendor.
FILES = {
    "bootstrap/LICENSE": "bootstrap-LICENSE.txt",
    # The variable font without Latin letters: one file holds every weight.
    "vazirmatn/misc/Non-Latin/fonts/webfonts/Vazirmatn-NL[wght].woff2": (
        "Vazirmatn-NL.woff2"
    ),
    "vazirmatn/OFL.txt": "Vazirmatn-OFL.txt",
}


def copy_assets(base_dir: Path) -> None:
    """Fill static/vendor afresh."""
    target = base_dir / "static" / "vendor"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for source, name in FILES.items():
        shutil.copyfile(base_dir / "node_modules" / source, target / name)


def missing_assets(base_dir: Path) -> list[str]:
    """The names of wanted files that are not in static/vendor."""
    target = base_dir / "static" / "vendor"
    return [name for name in FILES.values() if not (target / name).exists()]
