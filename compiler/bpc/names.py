"""What a name is: one line of printable characters, and the stricter forms of names that other programs must take.

Each setting and label has a form (`Word.form`, `BlockSpec.form`), and what says none is a line: a new setting is safe by default.
Only free text is exempt, and marked as such.
"""

from __future__ import annotations

import re

from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Span


class Form(Record):
    """One kind of name: what it is called, its pattern, and what a valid one looks like."""

    what: str
    pattern: str
    expected: str


FREE = "text"
"""The form of free text: the content of a file, a script, data for a platform."""
LINE = "line"
"""The form of whatever is not said to be anything else."""
KEY = "key"
"""The form of a public key: a line, of which the file that it came from may have the end."""

NAME = r"[A-Za-z_][A-Za-z0-9_]*(?:-+[A-Za-z0-9_]+)*"
_PART = r"/(?!\.{1,2}(?:/|\Z))"
FORMS = {
    "name": Form(
        what="name", pattern=NAME, expected="a name has letters, digits, _ and -, and begins with a letter or _"
    ),
    "path": Form(
        what="absolute path",
        pattern=rf"/|(?:{_PART}[^/]+)+/?",
        expected='a path begins with "/" and has no empty parts, "." or ".."',
    ),
    "creates": Form(
        what="absolute path",
        pattern=rf"|/|(?:{_PART}[^/]+)+/?",
        expected='a path begins with "/" and has no empty parts, "." or ".."',
    ),
    "mount": Form(
        what="place for a volume",
        pattern=rf"(?:{_PART}[^/]+)+/?",
        expected='an absolute path below the root, without empty parts, "." and ".."',
    ),
    "home": Form(
        what="home folder",
        pattern=rf"|/|(?:{_PART}[^/:]+)+/?",
        expected='an absolute path without colons, "." and "..", such as "/srv/shop"',
    ),
    "shell": Form(
        what="login shell",
        pattern=rf"(?:{_PART}[^/:\s]+)+",
        expected='an absolute path without blanks, colons, "." and "..", such as "/bin/bash"',
    ),
    "mode": Form(what="file mode", pattern="[0-7]{3,4}", expected='three or four octal digits, such as "0644"'),
    "account": Form(
        what="account name",
        pattern="[a-z_][a-z0-9_-]{0,31}",
        expected="useradd takes lower-case letters, digits, _ and -, at most 32, and a letter or _ first",
    ),
    "group": Form(
        what="name of a group",
        pattern=r"[A-Za-z_][A-Za-z0-9_.-]{0,31}",
        expected='letters, digits, _, - and ., at most 32, and a letter or _ first, such as "www-data"',
    ),
    "owner": Form(
        what="name of an account or group",
        pattern=r"[A-Za-z_][A-Za-z0-9_.-]{0,31}|[0-9]{1,10}",
        expected='write one such as "www-data", or its number',
    ),
    "unit": Form(
        what="name of a systemd unit",
        pattern=r"[A-Za-z0-9_:][A-Za-z0-9:_.@\\-]{0,245}",
        expected="letters, digits, : _ . @ \\ and -, at most 246, and a letter or digit first",
    ),
    "package": Form(
        what="package name",
        pattern=r"[A-Za-z0-9](?:[A-Za-z0-9+._-]*[A-Za-z0-9+_])?(?:=[A-Za-z0-9](?:[A-Za-z0-9.+:~^_-]*[A-Za-z0-9.+~^_])?)?",
        expected='write "name" or "name=version": a letter or digit, then letters, digits, +, -, . and _, and no - last',
    ),
    "platform package": Form(
        what="package name",
        pattern=r"|[A-Za-z0-9](?:[A-Za-z0-9+._-]*[A-Za-z0-9+_])?(?:=[A-Za-z0-9](?:[A-Za-z0-9.+:~^_-]*[A-Za-z0-9.+~^_])?)?",
        expected='write "name" or "name=version", or "" for none',
    ),
    "source": Form(
        what="URL or project file",
        pattern=r"https?://(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+|(?!https?://|-).*",
        expected="in a URL, other characters are written as % and two hexadecimal digits; a file does not begin with -",
    ),
    "health": Form(
        what="path of a health check",
        pattern=r"|/(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*",
        expected='write one such as "/healthz"; other characters as % and two hexadecimal digits',
    ),
    "codes": Form(
        what="set of HTTP codes",
        pattern=r"[1-5]\d\d(?:-[1-5]\d\d|(?:,[1-5]\d\d)*)",
        expected='write one such as "200", a list such as "200,204", or a range such as "200-299"',
    ),
    "repository": Form(
        what="name of a repository",
        pattern="[A-Za-z0-9_][A-Za-z0-9_-]{0,62}",
        expected="letters, digits, _ and -, at most 63, and no - first: it becomes a part of files' names",
    ),
    "repository url": Form(
        what="URL of a repository",
        pattern=r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?(?:/(?:[A-Za-z0-9._~+=@:-]|%[0-9A-Fa-f]{2})+)*/?",
        expected='write one such as "https://packages.example.com/apt", without a password, a query or $(ARCH)',
    ),
    "suite": Form(
        what="suite of a repository",
        pattern=r"/|(?!\.\.)[A-Za-z0-9.][A-Za-z0-9._~+-]*(?:/(?!\.)[A-Za-z0-9._~+-]+)*/?",
        expected='write one such as "stable", "bookworm" or "./"',
    ),
    "component": Form(
        what="component of a repository",
        pattern=r"[A-Za-z0-9][A-Za-z0-9._~+-]*(?:/[A-Za-z0-9][A-Za-z0-9._~+-]*)*",
        expected='write one such as "main"',
    ),
    "release": Form(
        what="version of a release",
        pattern="[A-Za-z0-9][A-Za-z0-9._-]{0,31}",
        expected='letters, digits, ., _ and -, such as "12" or "24.04"',
    ),
    "argument": Form(what="name", pattern="(?!-).*", expected="programs take what begins with - for an option"),
}
"""By name. A line has no other rule."""
PLACES = ("path", "creates", "mount", "home", "shell")
"""Those that are paths on a machine."""

UNPRINTABLE = (
    "[\x00-\x1f\x7f-\x9f"  # control characters
    "\u2028\u2029"  # separators of lines and paragraphs
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\xad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # others that nobody sees
    "\ud800-\udfff"  # surrogates
    "\ufdd0-\ufdef" + "".join(f"{chr(0x10000 * n + 0xFFFE)}{chr(0x10000 * n + 0xFFFF)}" for n in range(17)) + "]"
)
CALLED = {"\0": "NUL", "\t": "tab", "\n": "line feed", "\r": "carriage return", "\x1b": "escape", "\x85": "next line"}


def unprintable(text: str) -> str:
    """The first character of a text that no name may have; empty where there is none."""
    if text.isprintable():
        return ""
    match = re.search(UNPRINTABLE, text)
    return match[0] if match else ""


def check(text: str, form: str, span: Span) -> Diagnostic | None:
    """What is wrong with a name that stands at `span`, if anything is."""
    if form == FREE or _simple(text, form):
        return None
    from bpc.diagnostics import lower

    found = check_line(text if form != KEY else re.sub("[\r\n]", "", text), span)
    if found is not None or form in (LINE, KEY):
        return found
    rule = FORMS[form]
    if not re.fullmatch(rule.pattern, text):
        return lower.BadValue(span=span, problem=f'"{_cut(text)}" is not a valid {rule.what}', hint=rule.expected)
    return _too_long(text, span) if form in PLACES else None


def _simple(text: str, form: str) -> bool:
    """Whether it is an ordinary name, for which no pattern must be compiled: letters and digits, in paths also `.`, `_` and `-`."""
    if not text.isascii() or len(text) > SHORT:
        return False
    if text.startswith("/"):
        plain = text.translate(SIGNS).isalnum() and "//" not in text and "/." not in text and text[-1] != "/"
        return plain and form in (*PLACES, "health")
    return form in WORDS and text.islower() and text[0].isalpha() and text.isalnum()


SHORT = 31
"""Characters of a name that may be ordinary: each form allows more."""
SIGNS = dict.fromkeys(map(ord, "/._-"))
WORDS = (
    LINE,
    "name",
    "account",
    "group",
    "owner",
    "unit",
    "package",
    "platform package",
    "source",
    "release",
    "repository",
    "suite",
    "component",
    "argument",
)


def _too_long(path: str, span: Span) -> Diagnostic | None:
    """What is wrong with the length of a path, if anything is."""
    from bpc.diagnostics import lower

    if len(path) < LONGEST_PART // 4:
        return None
    if len(path.encode()) <= LONGEST_PATH and all(len(part.encode()) <= LONGEST_PART for part in path.split("/")):
        return None
    problem = f"a path has at most {LONGEST_PATH} bytes, and each of its parts at most {LONGEST_PART}"
    return lower.BadValue(span=span, problem=problem, hint="give it a shorter one")


def check_line(text: str, span: Span) -> Diagnostic | None:
    """The diagnostic of a name that is not one line of printable characters."""
    character = unprintable(text)
    if not character:
        return None
    from bpc.diagnostics.check import NotOneLine

    return NotOneLine(span=_place(character, span), character=_called(character))


LONGEST_PATH, LONGEST_PART = 1024, 255
"""Bytes: 255 are what file systems take; the whole must still fit below the folder of an image in an output folder."""
LONGEST = 100
"""Characters of a name that a message shows."""


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _place(character: str, span: Span) -> Span:
    """The character's own place where the blueprint has it as it is, within a string; else the whole value."""
    text = span.source.text
    at = text.find(character, span.start, span.end)
    if at < 0 or text[span.start : span.start + 1] != '"' or (character == "\n" and text[at - 3 : at] == '"""'):
        return span
    return span._replace(start=at, end=at + 1)


def _called(character: str) -> str:
    """A character by its number and name."""
    import unicodedata

    code = ord(character)
    kind = "surrogate" if 0xD800 <= code <= 0xDFFF else "control character" if code < 0xA0 else "noncharacter"
    return f"U+{code:04X} ({CALLED.get(character) or unicodedata.name(character, kind).lower()})"
