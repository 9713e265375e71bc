"""A streaming writer of block YAML, for what bpc emits: maps, lists, strings, numbers, booleans and None.

PyYAML costs 26 ms to import and writes 1 MB a second; a start of `bpc` must cost less than both. What is written here
reads back equal with any YAML 1.1 or 1.2 loader: a string is plain only where no loader could take it for anything else.
"""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.-]*(?:::?[A-Za-z0-9_/.-]+)*\Z")
WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"])
BLOCK = re.compile("[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*\\Z")


def dump(value: object) -> str:
    """The value as a YAML document."""
    return "".join(_node(value, 0)) if isinstance(value, dict | list | tuple) and value else scalar(value) + "\n"


def scalar(value: object) -> str:
    """A scalar or an empty collection on one line."""
    if isinstance(value, str):
        return value if PLAIN.match(value) and value.lower() not in WORDS else _quoted(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    return json.dumps(value)


def _quoted(value: str) -> str:
    """A double-quoted string; JSON's escapes are YAML's too, once astral pairs and separators are escaped YAML's way."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[\u2028\u2029]", _escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


def _node(value: object, depth: int) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"{pad}{scalar(key)}:"
            yield from _after(item, depth)
        return
    assert isinstance(value, list | tuple)
    for item in value:
        if isinstance(item, dict) and item:
            # the first entry of a map shares the dash's line
            text = "".join(_node(item, depth + 1))
            yield f"{pad}- {text[len(pad) + 2 :]}"
        else:
            yield f"{pad}-"
            yield from _after(item, depth)


def _after(item: object, depth: int) -> Iterator[str]:
    if isinstance(item, dict | list | tuple) and item:
        yield "\n"
        yield from _node(item, depth + 1)
    elif isinstance(item, str) and "\n" in item and _blockable(item):
        yield from _block(item, "  " * (depth + 1))
    else:
        yield f" {scalar(item)}\n"


def _blockable(text: str) -> bool:
    """Literal blocks keep every character but control ones; leading space would change their indent."""
    return bool(BLOCK.match(text)) and text[0] not in " \n\t" and "\u2028" not in text and "\u2029" not in text


def _block(text: str, pad: str) -> Iterator[str]:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    yield " |" + ("-", "", "+")[min(ends, 2)] + "\n"
    for line in body.split("\n"):
        yield f"{pad}{line}\n" if line else "\n"
    yield "\n" * (ends - 1)
