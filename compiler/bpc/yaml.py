"""A streaming writer of block YAML, for what bpc emits: maps, lists, strings, numbers, booleans and None.

PyYAML costs 26 ms to import and writes 1 MB a second; a start of `bpc` must cost less than both. What is written here
reads back equal with any YAML 1.1 or 1.2 loader: a string is plain only where no loader could take it for anything else.
"""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Put = Callable[[str], object]

PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.-]*(?:::?[A-Za-z0-9_/.-]+)*\Z")
WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"])
UNSAFE = re.compile("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[\u2028\u2029]")
BLOCK = re.compile("[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*\\Z")


class Line(str):
    """One line that is written as a literal block, so that no character of what fills its holes needs an escape."""


def dump(value: object) -> str:
    """The value as a YAML document. Keys of maps are strings."""
    lines: list[str] = []
    if isinstance(value, dict) and value:
        _map(value, "", "", lines.append)
    elif isinstance(value, list | tuple) and value:
        _list(value, "", lines.append)
    else:
        lines.append(scalar(value) + "\n")
    return "".join(lines)


def entry(key: str, value: object, pad: str = "") -> str:
    """One entry of a map, so that a large one can be written while it is made; `pad` stands before each line."""
    lines: list[str] = []
    _map({key: value}, pad, pad, lines.append)
    return "".join(lines)


def scalar(value: object) -> str:
    """A scalar or an empty collection on one line."""
    if isinstance(value, str):
        return TEXTS[value]
    if type(value) is int:
        return str(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    return json.dumps(value)


class Texts(dict[str, str]):
    """How each string is written; the latest ones are kept, since the same keys and names come again and again."""

    def __missing__(self, value: str) -> str:
        if len(self) >= KEPT:
            self.clear()
        text = self[value] = self.written(value)
        return text

    def written(self, value: str) -> str:
        return value if PLAIN.match(value) and value.lower() not in WORDS else quoted(value)


class InsideTexts(Texts):
    """The same inside brackets, where a plain string with a colon stops some readers."""

    def written(self, value: str) -> str:
        text = TEXTS[value]
        return f'"{text}"' if ":" in text and text[0] != '"' else text


KEPT = 4096
LONGEST = 80
TEXTS, INSIDE = Texts(), InsideTexts()


def quoted(value: str) -> str:
    """A double-quoted string; JSON's escapes are YAML's too, once astral pairs and separators are escaped YAML's way."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() and "\x7f" not in text else UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


def _map(value: dict[str, object], lead: str, pad: str, put: Put) -> None:
    """Writes a filled map: `lead` stands before its first line, which may share a dash's, and `pad` before the others."""
    for key, item in value.items():
        name = TEXTS[key]
        if type(item) is str and "\n" not in item:  # most are: the others take a longer way
            put(f"{lead}{name}: {TEXTS[item]}\n")
        elif isinstance(item, dict) and item:
            if len(item) == 1 and (flow := _flow(item)):
                put(f"{lead}{name}: {flow}\n")
            else:
                put(f"{lead}{name}:\n")
                deeper = pad + "  "
                _map(item, deeper, deeper, put)
        elif isinstance(item, list | tuple) and item:
            put(f"{lead}{name}:\n")
            _list(item, pad + "  ", put)
        else:
            put(f"{lead}{name}:{_short(item, pad)}")
        lead = pad


def _list(value: list[object] | tuple[object, ...], pad: str, put: Put) -> None:
    for item in value:
        if isinstance(item, dict) and item:
            if len(item) == 1 and (flow := _flow(item)):
                put(f"{pad}- {flow}\n")
            else:
                _map(item, f"{pad}- ", pad + "  ", put)
        elif isinstance(item, list | tuple) and item:
            put(f"{pad}-\n")
            _list(item, pad + "  ", put)
        else:
            put(f"{pad}-{_short(item, pad)}")


def _flow(item: dict[str, object]) -> str:
    """A map of one short entry, such as a function call, on one line; "" where it needs more."""
    ((key, value),) = item.items()
    if isinstance(value, Line):
        return ""
    if isinstance(value, str):
        text = INSIDE[value]
    elif isinstance(value, list | tuple) and value:
        if any(isinstance(part, dict | list | tuple | Line) for part in value):
            return ""
        text = f"[{', '.join([INSIDE[part] if isinstance(part, str) else scalar(part) for part in value])}]"
    elif isinstance(value, dict):
        return ""
    else:
        text = scalar(value)
    return f"{{ {INSIDE[key]}: {text} }}" if len(text) <= LONGEST else ""


def _short(item: object, pad: str) -> str:
    """What stands after a key or a dash where it is no filled collection: a scalar, or a literal block."""
    if isinstance(item, Line):
        return f" |2-\n{pad}  {item}\n"
    if isinstance(item, str) and "\n" in item and _blockable(item):
        return _block(item, pad + "  ")
    return f" {scalar(item)}\n"


def _blockable(text: str) -> bool:
    """Literal blocks keep every character but control ones; leading space would change their indent."""
    return bool(BLOCK.match(text)) and text[0] not in " \n\t" and "\u2028" not in text and "\u2029" not in text


def _block(text: str, pad: str) -> str:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    indented = "\n".join([f"{pad}{line}" if line else "" for line in body.split("\n")])
    return f" |{('-', '', '+')[min(ends, 2)]}\n{indented}\n" + "\n" * (ends - 1)
