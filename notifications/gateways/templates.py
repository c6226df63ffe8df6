"""Approved texts: which kinds of message go out as a template of the gateway.

Iranian lines carry codes and short notices fastest, and also to people who refuse
advertising, when their text was approved in the gateway's panel. A setting names the
template of a kind and what fills it: `sign_in_code=hidaj-code/token:code`. A kind with
a language (`sign_in_code.en`) goes before the kind alone, which is Persian.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """A name in the panel, and the variable of the kind behind each of its tokens."""

    name: str
    variables: Mapping[str, str]


def parse(setting: str) -> Template:
    """Read `name/token:variable/…`; raises ValueError for anything else."""
    name, *pairs = setting.strip().split("/")
    tokens = dict(pair.split(":") for pair in pairs)
    if not name or not tokens or not all(tokens) or not all(tokens.values()):
        raise ValueError(f"not a template: {setting}")
    return Template(name, tokens)


def template_for(
    settings: Mapping[str, str], kind: str, language: str
) -> Template | None:
    """The template of a kind in a language, if its text was approved."""
    named = settings.get(f"{kind}.{language}")
    if named is None and language == "fa":
        named = settings.get(kind)
    return parse(named) if named else None


def fill(template: Template, values: Mapping[str, str]) -> dict[str, str] | None:
    """The tokens with their values; None when the kind lacks one of them."""
    if any(variable not in values for variable in template.variables.values()):
        return None
    return {token: values[name] for token, name in template.variables.items()}
