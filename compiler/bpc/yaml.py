"""A streaming writer of block YAML, for what bpc emits: maps, lists, strings, numbers, booleans and None.

PyYAML costs 26 ms to import and writes 1 MB a second; a start of `bpc` must cost less than both. What is written here
reads back equal with any YAML 1.1 or 1.2 loader: a string is plain only where no loader could take it for anything else.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Put = Callable[[str], object]

PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.-]*(?:::?[A-Za-z0-9_/.-]+)*\Z")
WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"])
BLOCK = re.compile("[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*\\Z")


def dump(value: object) -> str:
    """The value as a YAML document."""
    if not (isinstance(value, dict | list | tuple) and value):
        return scalar(value) + "\n"
    lines: list[str] = []
    _node(value, "", lines.append)
    return "".join(lines)


def scalar(value: object) -> str:
    """A scalar or an empty collection on one line."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    return json.dumps(value)


@lru_cache(maxsize=4096)
def _text(value: str) -> str:
    return value if PLAIN.match(value) and value.lower() not in WORDS else _quoted(value)


def _quoted(value: str) -> str:
    """A double-quoted string; JSON's escapes are YAML's too, once astral pairs and separators are escaped YAML's way."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[\u2028\u2029]", _escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


def _node(value: object, pad: str, put: Put) -> None:
    """Writes a filled collection, each line with `pad` before it."""
    if isinstance(value, dict):
        for key, item in value.items():
            put(f"{pad}{scalar(key)}:")
            _after(item, pad, put)
        return
    assert isinstance(value, list | tuple)
    for item in value:
        if isinstance(item, dict) and item:
            # the first entry of a map shares the dash's line
            lines: list[str] = []
            _node(item, pad + "  ", lines.append)
            lines[0] = f"{pad}- {lines[0][len(pad) + 2 :]}"
            put("".join(lines))
        else:
            put(f"{pad}-")
            _after(item, pad, put)


def _after(item: object, pad: str, put: Put) -> None:
    """Writes what stands after a key or a dash."""
    if isinstance(item, str):
        if "\n" in item and _blockable(item):
            _block(item, pad + "  ", put)
        else:
            put(f" {scalar(item)}\n")
    elif isinstance(item, dict | list | tuple) and item:
        put("\n")
        _node(item, pad + "  ", put)
    else:
        put(f" {scalar(item)}\n")


def _blockable(text: str) -> bool:
    """Literal blocks keep every character but control ones; leading space would change their indent."""
    return bool(BLOCK.match(text)) and text[0] not in " \n\t" and "\u2028" not in text and "\u2029" not in text


def _block(text: str, pad: str, put: Put) -> None:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    indented = "\n".join([f"{pad}{line}" if line else "" for line in body.split("\n")])
    put(f" |{('-', '', '+')[min(ends, 2)]}\n{indented}\n" + "\n" * (ends - 1))
