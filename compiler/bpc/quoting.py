"""How a text is written where it must not be taken for anything else: one function a language.

YAML has its writer (`yaml`), HCL and mkosi's configuration have theirs in the targets' folders.
"""

from __future__ import annotations

import re

from bpc.names import UNPRINTABLE

ESCAPES = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}
PLAIN = r"[A-Za-z0-9_@+:,./-]+"


def visible(text: str) -> str:
    """A text on one line, in which every character is seen: for terminals, comments and pages. Others are escaped as in blueprints."""
    return text if text.isprintable() else re.sub(UNPRINTABLE, _escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return ESCAPES.get(match[0]) or f"\\u{{{ord(match[0]):X}}}"


def lines(text: str) -> str:
    """The same for a text that may have several lines."""
    return text if text.isprintable() else "\n".join(visible(line) for line in text.split("\n"))


SPACES = re.compile(r"[ \t\n\r\f\v]+")
"""Not the spaces of other scripts, which are part of a value."""


def prose(text: str) -> str:
    """A text as a part of one line of a page, such as README.txt."""
    return visible(SPACES.sub(" ", text).strip(" "))


def comment(text: str) -> str:
    """A comment in a language whose comments run from # to the line's end."""
    return f"# {visible(text)}"


def shell(text: str) -> str:
    """A text as one word of the shell, in quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


def word(text: str) -> str:
    """The same, without quotes where it needs none."""
    return text if re.fullmatch(PLAIN, text) else shell(text)
