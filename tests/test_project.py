"""The tree itself: what is pinned, explained, translated and kept out."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

from tests.support.site import BASE_DIR

APPS = [
    *("config", "desk", "courses", "consulting", "booking", "accounts"),
    *("notifications", "core", "persian"),
]
LONGEST_FILE = 500
PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|inset)-(?:left|right)(?![\w])"
    r"|(?:left|right)\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right))"
)
# Bootstrap's classes for one side; its start and end turn with the language.
PHYSICAL_CLASS = re.compile(r"class=\"[^\"]*\b(?:float|text)-(?:left|right)\b")
INLINE = re.compile(r"\sstyle=|<style|\son[a-z]+=\"|javascript:", re.IGNORECASE)
SCRIPT = re.compile(r"<script(?![^>]*\b(?:src|nonce)=)", re.IGNORECASE)
SETTING = re.compile(r"env(?:iron)?\.[a-z_]+\(\s*[\"']([A-Z][A-Z_]+)[\"']")
LEFT_OVER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [BASE_DIR / line for line in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file()]


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> Iterator[str]:
    for path in paths:
        for number, line in enumerate(read(path).splitlines(), 1):
            if pattern.search(line):
                yield f"{path.relative_to(BASE_DIR)}:{number}: {line.strip()[:80]}"


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"]
)
def test_requirements_are_exact_hashed_and_name_no_host(name: str):
    text = read(BASE_DIR / name)

    assert not re.search(r"://|--(?:extra-)?index|--find-links|--trusted", text)
    requirements = re.findall(r"^\S+.*(?:\n    --hash=.*)*", text, re.MULTILINE)
    packages = [entry for entry in requirements if not entry.startswith("#")]
    assert packages
    assert [p for p in packages if "==" not in p or "--hash=sha256:" not in p] == []


def test_requirements_hold_what_the_in_files_ask_for():
    for name in ("requirements", "requirements-dev", "requirements-node"):
        wanted = re.findall(r"^[\w.-]+.*==\S+", read(BASE_DIR / f"{name}.in"), re.M)
        pinned = read(BASE_DIR / f"{name}.txt").lower()
        plain = [re.sub(r"\[.*\]", "", line).lower() for line in wanted]
        assert [line for line in plain if f"{line} " not in pinned] == []


def test_npm_lock_names_no_registry_and_is_exact():
    package, lock = (read(BASE_DIR / f"package{end}.json") for end in ("", "-lock"))

    assert '"resolved"' not in lock
    assert "registry" not in lock
    assert re.findall(r"\"[\^~><*]", package) == []


def test_env_example_has_every_setting_and_no_other():
    read_by = [BASE_DIR / "config" / name for name in ("settings.py", "gunicorn.py")]
    used = {name for path in read_by for name in SETTING.findall(read(path))}
    explained = re.findall(
        r"^# ?([A-Z][A-Z_]+)=", read(BASE_DIR / ".env.example"), re.M
    )

    assert sorted(explained) == sorted(used)


def test_env_example_explains_each_setting_in_a_line():
    lines = read(BASE_DIR / ".env.example").splitlines()

    for before, line in itertools.pairwise(lines):
        if re.match(r"# ?[A-Z][A-Z_]+=", line):
            assert re.match(r"# [A-Z].*[.:]|# .*--", before), line


def test_code_has_no_left_over_notes():
    paths = tracked("*.py", "*.html", "*.css", "*.js", "*.md", "Makefile", "*.toml")

    assert list(lines_with(LEFT_OVER, paths)) == []


def test_python_files_are_short():
    paths = [path for path in tracked("*.py") if path.parent.name != "migrations"]

    too_long = {
        str(path.relative_to(BASE_DIR)): size
        for path in paths
        if (size := len(read(path).splitlines())) >= LONGEST_FILE
    }

    assert too_long == {}


def test_templates_keep_style_and_script_out():
    paths = [path for path in tracked("*.html") if "email" not in path.name]

    assert list(lines_with(INLINE, paths)) == []
    assert list(lines_with(SCRIPT, paths)) == []


def test_styles_know_no_left_and_right():
    assert list(lines_with(PHYSICAL, tracked("styles/*.scss"))) == []
    assert list(lines_with(PHYSICAL_CLASS, tracked("*.html"))) == []


def test_tree_holds_nothing_fetched_or_built():
    built = tracked("static/vendor/*", "node_modules/*", "*.mo", "var/*", "*.woff2")

    assert built == []


def test_no_sentence_hides_from_extraction():
    other_name = re.compile(r"import (?:n?gettext|n?gettext_lazy) as (?!_$|_\b)")
    assert list(lines_with(other_name, tracked("*.py"))) == []


def test_persian_catalogue_is_complete(tmp_path: Path):
    for name in (*APPS, "templates", "manage.py"):
        source = BASE_DIR / name
        copy = shutil.copy if source.is_file() else shutil.copytree
        copy(source, tmp_path / name)
    shutil.copytree(BASE_DIR / "locale", tmp_path / "locale")
    catalogue = tmp_path / "locale" / "fa" / "LC_MESSAGES" / "django.po"
    known = {(e.msgctxt, e.msgid) for e in polib.pofile(catalogue) if not e.obsolete}

    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "-l", "fa", "--no-obsolete"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )

    used = polib.pofile(catalogue)
    assert [e.msgid for e in used.untranslated_entries()] == []
    assert [e.msgid for e in used.fuzzy_entries()] == []
    assert known - {(e.msgctxt, e.msgid) for e in used} == set(), "no longer used"
