"""Make the style sheets of `static/css` from `styles/`, with Sass and rtlcss.

`site.css` is for English, `site.rtl.css` the same turned for Persian, and so is
`forms.css`; the parts of Bootstrap in them are those that `styles/` imports.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

SHEETS = ("site", "forms", "staff", "error", "admin", "design")
TURNED = ("site", "forms")
# What Bootstrap's parts have rules for and no page has; a test looks through the pages.
UNUSED = (
    *("btn-check", "btn-lg", "visually-hidden-focusable", "was-validated"),
    *("col-form-label", "form-control-plaintext", "form-control-color"),
    *("form-control-sm", "form-control-lg", "form-select-sm", "form-select-lg"),
    *("form-switch", "form-check-inline", "form-check-reverse"),
    *("input-group", "invalid-tooltip"),
    *("table-active", "table-bordered", "table-borderless", "table-group-divider"),
    *("table-responsive", "table-sm", "table-striped-columns", "caption-top"),
)
_UNUSED = re.compile(
    rf"(?<!:not\()\.(?:{'|'.join(UNUSED)})\b|::file-selector-button|select\[(?:multiple|size)"
)
_RULE = re.compile(r"([^{}]+)(\{[^{}]*\})")
SASS = "node_modules/sass/sass.js"
RTLCSS = "node_modules/rtlcss/bin/rtlcss.js"
OPTIONS = (
    "--no-source-map",
    "--style=compressed",
    "--load-path=node_modules",
    "--quiet-deps",
    # Bootstrap 5 still says @import, and so must what takes parts of it.
    "--silence-deprecation=import",
)


class StylesNotMade(Exception):
    """The style sheets could not be made; the text is what the tool said."""


def build_styles(base_dir: Path) -> None:
    """Make the style sheets anew when a source changed.

    Raises StylesNotMade when Node.js or its packages are missing, or when a source has
    a mistake.
    """
    target = base_dir / "static" / "css"
    stamp, wanted = target / ".stamp", _fingerprint(base_dir)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    target.mkdir(parents=True, exist_ok=True)
    pairs = [f"styles/{name}.scss:static/css/{name}.css" for name in SHEETS]
    _node(base_dir, SASS, *OPTIONS, *pairs)
    for name in SHEETS:
        sheet = target / f"{name}.css"
        # The mark of the encoding that Sass begins with would be a letter in a page.
        sheet.write_text(without_unused(sheet.read_text("utf-8-sig")), "utf-8")
    for name in TURNED:
        source = f"static/css/{name}.css"
        _node(base_dir, RTLCSS, "--silent", source, f"static/css/{name}.rtl.css")
    stamp.write_text(wanted)


def without_unused(text: str) -> str:
    """A compressed sheet without the selectors that name what no page has."""
    return _RULE.sub(lambda rule: _used(rule[1], rule[2]), text)


def _used(selectors: str, body: str) -> str:
    if not _UNUSED.search(selectors):
        return selectors + body
    used = [one for one in selectors.split(",") if not _UNUSED.search(one)]
    return ",".join(used) + body if used else ""


def _node(base_dir: Path, script: str, *arguments: str) -> None:
    """Run a script of the npm packages with the machine's Node.js, or that of .venv."""
    own = base_dir / ".venv" / "bin" / "node"
    program = shutil.which("node") or str(own)
    try:
        subprocess.run(
            [program, script, *arguments],
            cwd=base_dir,
            check=True,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError as error:
        raise StylesNotMade("Node.js is missing; `make run` installs it") from error
    except subprocess.CalledProcessError as error:
        raise StylesNotMade(error.stderr or error.stdout) from error


def _fingerprint(base_dir: Path) -> str:
    lock = base_dir / "package-lock.json"
    sources = [lock, Path(__file__), *sorted((base_dir / "styles").glob("*.scss"))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()
