"""A streaming writer of block YAML, for what bpc emits: maps, lists, strings, numbers, booleans and None.

PyYAML costs 26 ms to import and writes 1 MB a second; a start of `bpc` must cost less than both. What is written here
reads back equal with any YAML 1.1 or 1.2 loader: a string is plain only where no loader could take it for anything else.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring

from bpc.parts import Place, escaped, joined, separator
from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from bpc.parts import Part, Parts

    Put = Callable[[Any], object]

PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.-]*(?:::?[A-Za-z0-9_/.-]+)*\Z")
WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"])
LONGEST_WORD = 5
UNSAFE = "[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[\u2028\u2029]"
BLOCK = "[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]*\\Z"
"""Patterns that are compiled when a text is met that is not plain ASCII: that takes long."""


class Filled(Record):
    """A string with places that are filled after it was written. It reads back right whatever comes into them."""

    parts: Parts


SEQUENCES = (list, tuple)
NESTED = (dict, list, tuple, Filled)

INSIDE_QUOTES = (("\n", "\\n"), ('"', '\\"'), ("\\", "\\\\"))
"""What a value needs between double quotes, beside characters that no document may have."""


def dump_parts(value: object) -> Parts:
    """The value as a YAML document; strings may be `Filled`."""
    lines: list[Part] = []
    if isinstance(value, Filled):
        _filled(value, "  ", lines.append)
    elif isinstance(value, dict) and value:
        _map(value, "", "", lines.append)
    else:
        lines.append(dump(value))
    return joined(tuple(lines))


def dump(value: object) -> str:
    """The value as a YAML document. Keys of maps are strings."""
    lines: list[str] = []
    if isinstance(value, dict) and value:
        _map(value, "", "", lines.append)
    elif isinstance(value, SEQUENCES) and value:
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
    if isinstance(value, SEQUENCES):
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
        plain = PLAIN.match(value) and (len(value) > LONGEST_WORD or value.lower() not in WORDS)
        return value if plain else quoted(value)


class InsideTexts(Texts):
    """The same inside brackets, where a plain string with a colon stops some readers."""

    def written(self, value: str) -> str:
        text = TEXTS[value]
        return f'"{text}"' if ":" in text and text[0] != '"' else text


KEPT = 4096
LONGEST = 80
LINE = "\n"
BREAKS = {9: None, 10: None}
"""Tabs and line feeds."""
TEXTS, INSIDE = Texts(), InsideTexts()


def quoted(value: str) -> str:
    """A double-quoted string; JSON's escapes are YAML's too, once astral pairs and separators are escaped YAML's way."""
    text = encode_basestring(value)
    return text if text.isascii() and "\x7f" not in text else re.sub(UNSAFE, lambda match: _escape(match.group()), text)


def _escape(char: str) -> str:
    code = ord(char)
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
        elif isinstance(item, SEQUENCES) and item:
            put(f"{lead}{name}:\n")
            _list(item, pad + "  ", put)
        elif isinstance(item, Filled):
            put(f"{lead}{name}: ")
            _filled(item, pad + "  ", put)
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
        elif isinstance(item, SEQUENCES) and item:
            put(f"{pad}-\n")
            _list(item, pad + "  ", put)
        elif isinstance(item, Filled):
            put(f"{pad}- ")
            _filled(item, pad + "  ", put)
        else:
            put(f"{pad}-{_short(item, pad)}")


def _flow(item: dict[str, object]) -> str:
    """A map of one short entry, such as a function call, on one line; "" where it needs more."""
    ((key, value),) = item.items()
    if type(value) is str:
        text = INSIDE[value]
    elif isinstance(value, SEQUENCES) and value:
        parts = []
        for part in value:
            if type(part) is str:
                parts.append(INSIDE[part])
            elif isinstance(part, NESTED):
                return ""
            else:
                parts.append(scalar(part))
        text = f"[{', '.join(parts)}]"
    elif isinstance(value, NESTED):
        return ""
    else:
        text = scalar(value)
    return f"{{ {INSIDE[key]}: {text} }}" if len(text) <= LONGEST else ""


def _short(item: object, pad: str) -> str:
    """What stands after a key or a dash where it is no filled collection: a scalar, or a literal block."""
    if isinstance(item, str) and "\n" in item and _blockable(item):
        return _block(item, pad + "  ")
    return f" {scalar(item)}\n"


def _filled(item: Filled, pad: str, put: Put) -> None:
    """A literal block, in which no character of a value needs an escape and its lines are indented as they come in.

    The ends of lines that a value may have at the end of the text are kept by no block: then it stands in double quotes, and
    what they need is escaped as it comes in.
    """
    *before, last = item.parts
    texts = "".join(part if isinstance(part, str) else separator(part) for part in item.parts)
    if isinstance(last, Place) or not _keeps(texts):
        _filled_quotes(item, texts, put)
        return
    put(f"|2{'+' if last.endswith(LINE) else '-'}\n{pad}")
    indent = ((LINE, LINE + pad),)
    for part in before:
        put(_indented(part, pad) if isinstance(part, str) else escaped((part,), indent)[0])
    put(_indented(last.removesuffix(LINE), pad) + LINE)


def _indented(text: str, pad: str) -> str:
    """A text in the middle of a block, whose first line is indented already; empty lines need no indent."""
    first, *lines = text.split(LINE)
    if not lines:
        return first
    *between, end = [pad + line if line else "" for line in lines]
    return LINE.join([first, *between, end or pad])


def _filled_quotes(item: Filled, texts: str, put: Put) -> None:
    own = {
        char: _escape(char) for char in texts if not (char.isascii() and char.isprintable()) and re.match(UNSAFE, char)
    }
    escapes = tuple(sorted({**own, **dict(INSIDE_QUOTES)}.items())) if own else INSIDE_QUOTES
    put('"')
    for part in item.parts:
        put(
            quoted(part)[1:-1]
            if isinstance(part, str)
            else escaped((part,), escapes if separator(part) else INSIDE_QUOTES)[0]
        )
    put('"\n')


def _keeps(text: str) -> bool:
    """Literal blocks keep every character but control ones."""
    if text.isascii():
        return text.translate(BREAKS).isprintable()
    return bool(re.match(BLOCK, text)) and "\u2028" not in text and "\u2029" not in text


def _blockable(text: str) -> bool:
    """Leading space would change a block's indent."""
    return _keeps(text) and text[0] not in " \n\t"


def _block(text: str, pad: str) -> str:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    indented = "\n".join([f"{pad}{line}" if line else "" for line in body.split("\n")])
    return f" |{('-', '', '+')[min(ends, 2)]}\n{indented}\n" + "\n" * (ends - 1)
