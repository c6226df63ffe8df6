"""Copy the few files of the npm packages that pages use to static/vendor."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

# From node_modules, to static/vendor.
FILES = {
    "bootstrap/dist/css/bootstrap.rtl.min.css": "bootstrap.rtl.min.css",
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "bootstrap/LICENSE": "bootstrap-LICENSE.txt",
    # The variable font without Latin letters: one file holds every weight.
    "vazirmatn/misc/Non-Latin/fonts/webfonts/Vazirmatn-NL[wght].woff2": (
        "Vazirmatn-NL.woff2"
    ),
    "vazirmatn/OFL.txt": "Vazirmatn-OFL.txt",
}
SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=\S+ \*/\s*")


def copy_assets(base_dir: Path) -> None:
    """Fill static/vendor afresh.

    Style sheets lose the pointer to a source map that is not copied: hashing the file
    names would stop at the missing one.
    """
    target = base_dir / "static" / "vendor"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for source, name in FILES.items():
        path = base_dir / "node_modules" / source
        if path.suffix == ".css":
            text = path.read_text(encoding="utf-8")
            (target / name).write_text(SOURCE_MAP.sub("", text), encoding="utf-8")
        else:
            shutil.copyfile(path, target / name)


def missing_assets(base_dir: Path) -> list[str]:
    """The names of wanted files that are not in static/vendor."""
    target = base_dir / "static" / "vendor"
    return [name for name in FILES.values() if not (target / name).exists()]
