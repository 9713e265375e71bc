"""Patterns of params: a part of regular expressions that every engine reads alike, and that none takes long for.

A pattern is about the whole value. It is written anew from what was read, in words that Python (bpc, Heat) and Java (CloudFormation) have
in common: `\\d` is `[0-9]` and not every digit of Unicode, and what a value may not have (`values.ALLOWED`) is in no class.
Each beginning of a text has one way through a pattern to each of its places, so that no engine that goes back tries more than there are places.
Loaded where a blueprint has a pattern.
"""

from __future__ import annotations

from bpc.language.ambiguity import check
from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.language.ambiguity import Node

Ranges = tuple[tuple[int, int], ...]

LONGEST, DEEPEST, MOST = 500, 20, 1000
"""Characters of a pattern, groups within groups, and the largest number of a repetition."""
LAST = 0x10FFFF
FORBIDDEN: Ranges = ((0, 8), (0xB, 0x1F), (0x7F, 0x9F), (0x2028, 0x2029), (0xD800, 0xDFFF), (0xFFFE, 0xFFFF))
"""What no value has: the opposite of `values.ALLOWED`."""
SIGNS = "\\.^$*+?{}[]()|"
IN_CLASS = "\\^-[]&~#|"
CLASSES: dict[str, Ranges] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 10), (32, 32)),
}
CHARACTERS = {"n": "\n", "t": "\t"}
WORDS = {
    "b": "a boundary of words",
    "B": "a boundary of words",
    "A": "a place in the text",
    "Z": "a place in the text",
    "z": "a place in the text",
    "p": "a class of Unicode",
    "P": "a class of Unicode",
}


class PatternError(Exception):
    """A pattern cannot be used: why, in words, and what to write instead."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem, self.hint = problem, hint


class Portable(Record):
    """A pattern as every engine reads it, without anchors, and the steps that it took to judge it."""

    text: str
    steps: int


def portable(pattern: str) -> Portable:
    """The pattern for every engine. Raises `PatternError` where there is none."""
    if len(pattern) > LONGEST:
        raise PatternError(f"it has {len(pattern):,} characters, and a pattern has {LONGEST} at most")
    reader = _Reader(pattern.removeprefix("^"))
    if not reader.text:
        raise PatternError("it is empty", "write `max_length = 0` for an empty text")
    node = reader.choice(0)
    if reader.at < len(reader.text):
        raise PatternError('a ")" closes nothing', "write \\\\) for the character")
    steps, text, larger = check(node)
    if larger:
        raise PatternError(
            "it has too many parts", "write shorter repetitions, or `max_length` beside a simpler pattern"
        )
    if text == "":
        raise PatternError(
            "a part that may be empty is repeated, or is one of several such", "write (a+b)* and not (a*b*)*"
        )
    if text is not None:
        hint = "say it so that each part begins where the one before must end: [a-z]+[0-9]* and not [a-z]+[a-z0-9]*"
        raise PatternError(f'texts such as "{text}" match in more than one way, and an engine may try all ways', hint)
    written = _written(node)
    return Portable(text=f"(?:{written})" if node[0] == "alt" else written, steps=steps)


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        ends = text.endswith("$") and (len(text) - len(text[:-1].rstrip("\\"))) % 2 == 1
        self.text, self.at = text[:-1] if ends else text, 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        return self.text[self.at - 1 : self.at]

    def choice(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise PatternError(f"more than {DEEPEST} groups stand within one another")
        parts = [self.sequence(depth)]
        while self.peek() == "|":
            self.take()
            parts.append(self.sequence(depth))
        return parts[0] if len(parts) == 1 else ("alt", tuple(parts))

    def sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.repeated(self.item(depth)))
        return parts[0] if len(parts) == 1 else ("cat", tuple(parts))

    def item(self, depth: int) -> Node:
        sign = self.take()
        match sign:
            case "(":
                return self.group(depth)
            case "[":
                return self.klass()
            case ".":
                return ("set", _without(((0, LAST),), ((10, 10), *FORBIDDEN)))
            case "\\":
                return self.escaped()
            case "^" | "$":
                raise PatternError(
                    f'"{sign}" stands within it',
                    f"a pattern is about the whole value; write \\\\{sign} for the character",
                )
            case "*" | "+" | "?":
                raise PatternError(f'"{sign}" repeats nothing', f"write \\\\{sign} for the character")
            case "{" | "}" | "]":
                raise PatternError(f'"{sign}" stands alone', f"write \\\\{sign} for the character")
        return _literal(sign)

    def group(self, depth: int) -> Node:
        if self.peek() == "?":
            if self.text[self.at : self.at + 2] != "?:":
                raise PatternError(
                    f'"({self.text[self.at : self.at + 2]}" is not for every engine', "groups are ( ) or (?: )"
                )
            self.at += 2
        inner = self.choice(depth + 1)
        if self.take() != ")":
            raise PatternError('a "(" is not closed', "write \\\\( for the character")
        return inner

    def escaped(self) -> Node:
        sign = self.take()
        if sign in CHARACTERS:
            return _literal(CHARACTERS[sign])
        if sign and sign.lower() in CLASSES:
            ranges = CLASSES[sign.lower()]
            return ("set", ranges if sign.islower() else _without(((0, LAST),), (*ranges, *FORBIDDEN)))
        return _literal(_plain(sign))

    def klass(self) -> Node:
        negated = self.peek() == "^"
        self.at += negated
        found: list[tuple[int, int]] = []
        while self.peek() != "]":
            low = self.in_class()
            if not isinstance(low, str):
                found += low
            elif self.peek() == "-" and self.text[self.at + 1 : self.at + 2] != "]":
                self.take()
                high = self.in_class()
                if not isinstance(high, str) or high < low:
                    raise PatternError(f'"{low}-" begins no range')
                found.append((ord(low), ord(high)))
            else:
                found.append((ord(low), ord(low)))
        self.take()
        ranges = _without(((0, LAST),), (*found, *FORBIDDEN)) if negated else _without(_joined(found), FORBIDDEN)
        if not ranges:
            raise PatternError("a class has no character that a value may have")
        return ("set", ranges)

    def in_class(self) -> str | Ranges:
        sign = self.take()
        if not sign:
            raise PatternError('a "[" is not closed', "write \\\\[ for the character")
        if sign == "[" or (sign == "&" and self.peek() == "&"):
            raise PatternError(
                f'"{sign}" within a class is not for every engine', f"write \\\\{sign} for the character"
            )
        if sign != "\\":
            return sign
        sign = self.take()
        return CLASSES.get(sign) or CHARACTERS.get(sign) or _plain(sign)

    def repeated(self, item: Node) -> Node:
        sign = self.peek()
        if sign not in ("*", "+", "?", "{") or not sign:
            return item
        self.take()
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(sign) or self.counted()
        if self.peek() in ("*", "+", "?", "{") and self.peek():
            raise PatternError(f'"{self.peek()}" behind a repetition is not for every engine')
        return ("rep", item, low, high)

    def counted(self) -> tuple[int, int | None]:
        inside, closed, _ = self.text[self.at :].partition("}")
        low, comma, high = inside.partition(",")
        if not closed or not _number(low) or (high and not _number(high)):
            raise PatternError('"{" begins no repetition such as {3} or {1,8}', "write \\\\{ for the character")
        self.at += len(inside) + 1
        most = int(high) if high else None if comma else int(low)
        if int(low) > MOST or (most is not None and not max(int(low), 1) <= most <= MOST):
            raise PatternError(
                f'"{{{inside}}}" is not a valid repetition: up to {MOST:,} times, the smaller number first'
            )
        return int(low), most


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6


def _plain(sign: str) -> str:
    """The character that a backslash makes a plain one."""
    if not sign:
        raise PatternError('it ends with "\\"', "write \\\\\\\\ for the character")
    if sign.isalnum():
        meaning = f" ({WORDS[sign]})" if sign in WORDS else ""
        raise PatternError(
            f'"\\{sign}"{meaning} is not for every engine',
            "there are \\\\d \\\\w \\\\s \\\\D \\\\W \\\\S, and \\\\n \\\\t",
        )
    return sign


def _literal(sign: str) -> Node:
    code = ord(sign)
    if any(low <= code <= high for low, high in FORBIDDEN):
        raise PatternError(f"no value has the character U+{code:04X}")
    return ("set", ((code, code),))


# ---- sets of characters


def _joined(ranges: list[tuple[int, int]]) -> Ranges:
    made: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if made and low <= made[-1][1] + 1:
            made[-1] = (made[-1][0], max(made[-1][1], high))
        else:
            made.append((low, high))
    return tuple(made)


def _without(ranges: Ranges, gone: Ranges) -> Ranges:
    """The ranges without what others have."""
    made = []
    taken = _joined(list(gone))
    for low, high in ranges:
        for first, last in taken:
            if first > high:
                break
            if last >= low:
                if first > low:
                    made.append((low, first - 1))
                low = last + 1
        if low <= high:
            made.append((low, high))
    return tuple(made)


# ---- written again


def _written(node: Node) -> str:
    match node:
        case ("set", ranges):
            return _set(ranges)
        case ("cat", parts):
            return "".join(f"(?:{_written(part)})" if part[0] == "alt" else _written(part) for part in parts)
        case ("alt", parts):
            return "|".join(_written(part) for part in parts)
        case ("rep", item, low, high):
            inner = _written(item)
            return (inner if item[0] == "set" else f"(?:{inner})") + _times(low, high)
    raise TypeError(node)


def _times(low: int, high: int | None) -> str:
    known = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((low, high))
    return known or (f"{{{low}}}" if low == high else f"{{{low},{'' if high is None else high}}}")


def _set(ranges: Ranges) -> str:
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _character(ranges[0][0], SIGNS)
    negated = ranges[-1][1] == LAST
    listed = _without(((0, LAST),), ranges) if negated else ranges
    parts = (
        _character(low, IN_CLASS)
        if low == high
        else f"{_character(low, IN_CLASS)}{'-' * (high > low + 1)}{_character(high, IN_CLASS)}"
        for low, high in listed
    )
    return f"[{'^' * negated}{''.join(parts)}]"


def _character(code: int, signs: str) -> str:
    char = chr(code)
    if char in signs:
        return f"\\{char}"
    if char.isprintable():
        return char
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else char
