"""Text to tokens.

A token is `(kind, text, start)`: a number of `_tables.KINDS`, the text as written, and where it begins. One regular
expression, made of the grammar's terminals, does the work. Beyond that the lexer knows what no LALR table can say: where
strings with nested interpolation end, which newlines separate nothing, and what typical mistakes look like.

A word that is a keyword somewhere gets its keyword's kind, unless `=` follows; the parser takes it as a name where it
cannot take the keyword.
"""

from __future__ import annotations

import re

from bpc.diagnostics.syntax import (
    BadNumber,
    IllegalCharacter,
    UnknownUnit,
    UnquotedText,
    UnterminatedString,
)
from bpc.source import Span
from bpc.syntax._tables import FIRST_KEYWORD, KEYWORDS, KINDS, OPERATORS, PATTERNS, UNITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Source

    Token = tuple[int, str, int]

END = 0
NAME = KINDS.index("NAME")
SEP = KINDS.index("_SEP")
EQUAL = KINDS.index("EQUAL")
LONG_STRING = KINDS.index("LONG_STRING")
STRING = KINDS.index("STRING")
NUMBER = KINDS.index("NUMBER")
HALF_STRING = KINDS.index("HALF_STRING")
BAD_NUMBER = KINDS.index("BAD_NUMBER")
QUANTITY = KINDS.index("QUANTITY")
OPENERS = {OPERATORS["{"], OPERATORS["("], OPERATORS["["]}
CLOSERS = {OPERATORS["}"], OPERATORS[")"], OPERATORS["]"]}
STRINGS = {STRING, LONG_STRING, HALF_STRING}
LAST_BRACKET = max(CLOSERS)
BODY, BODY_END = OPERATORS["{"], OPERATORS["}"]

MISTAKES = 50
"""At most so many diagnostics a file."""
DIGITS = 18
"""Characters of the longest number."""

_UNQUOTED = r"[0-9]++(?>(?:\.[0-9]++){2,})(?>(?:/[0-9]++)?)"
_WRONG_UNIT = r"[0-9][0-9_]*+(?>(?:\.[0-9][0-9_]*+)?)[A-Za-z_][A-Za-z0-9_]*+"
_OPERATOR = r"[=!<>]=|\.\.|[-+*/%<>=(){}\[\].:]"
_MASTER = re.compile(
    r"[ \t\r]*+(?:"
    + "|".join(
        f"({pattern})"
        for pattern in (
            PATTERNS["NAME"],
            _OPERATOR,
            PATTERNS["_SEP"],
            PATTERNS["LONG_STRING"],
            PATTERNS["STRING"],
            _UNQUOTED,
            PATTERNS["QUANTITY"],
            _WRONG_UNIT,
            PATTERNS["NUMBER"],
            r"\"",
            r"\Z",
            r"'[^'\n]*+'|`[^`\n]*+`|[\u201c\u201d\u201e\u00ab][^\u201c\u201d\u201e\u00bb\n]*+[\u201c\u201d\u00bb]|[\u2018\u2019\u201a][^\u2018\u2019\n]*+[\u2018\u2019]|\$\{[^{}\n\"]*+\}|&&|\|\||[^ -~\n\t\r]++|[\s\S]",
        )
    )
    + ")"
)
_WORD, _SIGN, _BREAK, _LONG, _SHORT, _BARE, _QUANTITY, _UNIT, _NUMBER, _QUOTE, _END, _OTHER = range(1, 13)
_PLAIN = {_LONG: LONG_STRING, _SHORT: STRING}

_CONTINUED = {"+", "-", "*", "/", "%", "<", ">", "<=", ">=", "==", "!=", "=", ":", "..", ".", "(", "[", "{"}
_CONTINUED_WORDS = {"and", "or", "not", "in", "if", "else"}
CONTINUED_KINDS = {OPERATORS[text] for text in _CONTINUED} | {KEYWORDS[word] for word in _CONTINUED_WORDS}
_CONTINUING_KINDS = {KEYWORDS[word] for word in ("and", "or", "if", "else", "for")}
_COMMENT = re.compile(r"#[^\n]*+")


def tokens(source: Source, start: int, end: int, diagnostics: list[Diagnostic]) -> list[Token]:
    """The tokens of a part of the source; the last one is the end. Adds what is wrong to the diagnostics."""
    return _Lexer(source, end, diagnostics).run(start)


class _Lexer:
    def __init__(self, source: Source, end: int, diagnostics: list[Diagnostic]) -> None:
        self.source = source
        self.text = source.text
        self.end = end
        self.diagnostics = diagnostics
        self.found: list[Token] = []
        self.open: list[int] = []

    def run(self, position: int) -> list[Token]:
        self.first = position
        while position < self.end and len(self.diagnostics) < MISTAKES:
            position = self._scan(position)
        self.found.append((END, "", self.end))
        return self.found

    def _scan(self, position: int) -> int:
        """Reads as far as the regular expression can see; returns where to go on."""
        found = self.found
        add = found.append
        for match in _MASTER.finditer(self.text, position, self.end):
            group = match.lastindex or _END
            text = match[group]
            if group == _WORD:
                kind = KEYWORDS.get(text, NAME)
                if kind in _CONTINUING_KINDS:
                    self._continue_line()
                add((kind, text, match.start(group)))
            elif group == _SIGN:
                kind = OPERATORS[text]
                if kind <= LAST_BRACKET:
                    self._bracket(kind)
                elif kind == EQUAL and found and found[-1][0] >= FIRST_KEYWORD:
                    found[-1] = (NAME, *found[-1][1:])
                add((kind, text, match.start(group)))
            elif group == _BREAK:
                self._break(text, match.start(group))
            elif group in _PLAIN:
                add((_PLAIN[group], text, match.start(group)))
            elif group == _QUANTITY:
                add((self._quantity(text, match.start(group)), text, match.start(group)))
            elif group == _NUMBER:
                add((self._number(text, match.start(group)), text, match.start(group)))
            elif group == _QUOTE:
                return self._deep_string(match.start(group))
            elif group != _END:
                self._mistake(group, text, match.start(group))
                if len(self.diagnostics) >= MISTAKES:
                    break
        return self.end

    # ---- newlines and brackets

    def _bracket(self, kind: int) -> None:
        if kind in OPENERS:
            self.open.append(kind)
            return
        if kind != BODY_END:
            self._drop_newline()
        while self.open and self.open.pop() != BODY and kind == BODY_END:
            pass

    def _break(self, text: str, start: int) -> None:
        """Adds a separator, unless it is a newline after something that goes on."""
        goes_on = not self.found or self.found[-1][0] in CONTINUED_KINDS
        if not goes_on or has_comma(text):
            self.found.append((SEP, text, start))

    def _continue_line(self) -> None:
        """Drops the newline before a word that continues an expression inside ( ) or [ ]."""
        if self.open and self.open[-1] != BODY:
            self._drop_newline()

    def _drop_newline(self) -> None:
        if self.found and self.found[-1][0] == SEP and not has_comma(self.found[-1][1]):
            self.found.pop()

    # ---- strings that the grammar's pattern cannot see the end of

    def _deep_string(self, start: int) -> int:
        quote = '"""' if self.text.startswith('"""', start) else '"'
        end = string_end(self.text, start, self.end)
        if end < 0:
            return self._unterminated(start, quote)
        kind = STRING if quote == '"' else LONG_STRING
        self.found.append((kind, self.text[start:end], start))
        return end

    def _unterminated(self, start: int, quote: str) -> int:
        line_end = self.text.find("\n", start, self.end)
        end = self.end if line_end < 0 else line_end
        shown = Span(self.source, start, end if quote == '"' else start + len(quote))
        self.diagnostics.append(UnterminatedString(span=shown, quote=quote))
        end = end if quote == '"' else self.end
        self.found.append((HALF_STRING, self.text[start:end], start))
        return end

    # ---- mistakes

    def _number(self, text: str, start: int) -> int:
        """The kind of a number: BAD_NUMBER where something is wrong with it."""
        if len(text) > 1 and text[0] == "0" and text[1] != ".":
            return self._bad_number(text, start, "begins with a zero", f'write "{text}" if a string is meant')
        return NUMBER if len(text) <= DIGITS else self._too_long(text, start)

    def _quantity(self, text: str, start: int) -> int:
        number = text if len(text) <= DIGITS else text.removesuffix(text.lstrip("0123456789_."))
        return QUANTITY if len(number) <= DIGITS else self._too_long(number, start)

    def _too_long(self, number: str, start: int) -> int:
        return self._bad_number(number[:DIGITS] + "…", start, f"has more than {DIGITS} digits", "")

    def _bad_number(self, text: str, start: int, problem: str, hint: str) -> int:
        span = Span(self.source, start, start + len(text))
        self.diagnostics.append(BadNumber(span=span, number=text, problem=problem, hint=hint))
        return BAD_NUMBER

    def _mistake(self, group: int, text: str, start: int) -> None:
        span = Span(self.source, start, start + len(text))
        if group == _UNIT:
            self.diagnostics.append(_unknown_unit(span, text))
            self.found.append((BAD_NUMBER, text, start))
        elif group == _BARE or (text[0] in _QUOTES and len(text) > 1):
            self.diagnostics.append(UnquotedText(span=span, content=text if group == _BARE else text[1:-1]))
            self.found.append((HALF_STRING, text, start))
        elif text[0] == "|" and self.text[start + 1 : start + 2] != "|" and _filter(self.text, self.first, start):
            hint = _filter(self.text, self.first, start)
            self.diagnostics.append(IllegalCharacter(span=span, what='"|"', hint=hint))
        elif len(text) > 1 and text[0] == "$":
            hint = f"outside of a string write the name alone: {text[2:-1].strip()}"
            self.diagnostics.append(IllegalCharacter(span=span, what='"${"', hint=hint))
            self.found.append((BAD_NUMBER, text, start))
        else:
            self.diagnostics.append(_illegal(span, text))
            if text == ";":
                self._break(text, start)
            elif not text.isspace() and self._touches_name(span):
                self.found.append((BAD_NUMBER, text, start))

    def _touches_name(self, span: Span) -> bool:
        """Whether a name goes on before or behind: `café` is not the name `caf`."""
        around = self.text[max(0, span.start - 1) : span.start] + self.text[span.end : span.end + 1]
        return any(character.isalnum() or character == "_" for character in around)


def has_comma(separator: str) -> bool:
    """Whether there is a comma in a separator, outside of its comments."""
    return "," in separator and ("#" not in separator or "," in _COMMENT.sub("", separator))


def _unknown_unit(span: Span, text: str) -> UnknownUnit:
    unit = text.lstrip("0123456789_.")
    number = text.removesuffix(unit)
    meant = meant_unit(unit)
    hint = f'did you mean "{number}{meant}"?' if meant else ""
    return UnknownUnit(span=span, unit=unit, units=" ".join(UNITS), hint=hint)


def meant_unit(unit: str, kind: str = "") -> str:
    """The unit that was meant: `GB` `gb` `G` `Gi` `gigabytes` are GiB, `sec` is s; `kind` tells the two kinds of `m` apart."""
    word = unit.lower()
    if word[0] in "kmgt" and word[1:] in ("", "b", "i", "ib"):
        return word[0].upper() + "iB" if word != "m" or kind == "size" else "min"
    if word[0] in "kmgt" and word[1:] in _BYTES:
        return word[0].upper() + "iB"
    return {"sec": "s", "secs": "s", "second": "s", "seconds": "s", "msec": "ms", "millis": "ms", "mins": "min",
            "minute": "min", "minutes": "min", "millisecond": "ms", "milliseconds": "ms", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d",
            "days": "d", "percent": "%", "pct": "%"}.get(word, "")  # fmt: skip


_QUOTES = "'`\u201c\u201d\u201e\u00ab\u2018\u2019\u201a"


def _filter(text: str, first: int, start: int) -> str:
    """What to write instead of a filter behind `|`; empty where none is there."""
    found = re.match(r"\|\s*([A-Za-z_]\w*)(?:\(([^()\n]*)\))?", text[start : start + 80])
    line = text[max(first, text.rfind("\n", 0, start) + 1) : start]
    value = line.rpartition("=")[2].strip() if first == 0 else line.strip()
    if found is None or found[1] in ("true", "false") or not value or "|" in value:
        return "" if found is None else "functions are called around their value: name(value)"
    given = [found[2]] if found[2] else []
    arguments = [*given, value] if found[1] in ("join", "format") else [value, *given]
    return f"there are no filters: write {found[1]}({', '.join(arguments)})"


def _illegal(span: Span, text: str) -> IllegalCharacter:
    first = text[0]
    name = f'"{first}"' if first.isprintable() else f"character U+{ord(first):04X}"
    hint = {
        ";": "a statement ends with its line",
        "'": 'text must be in double quotes: "..."',
        "!": '"not" negates',
        "&": 'write "and"',
        "|": 'write "or"',
        "\u00a0": "this is a no-break space: use an ordinary space",
        **dict.fromkeys(
            "\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a`", 'text must be in plain double quotes: "..."'
        ),
        "?": "a condition is written: value if condition else other",
        "\\": "a statement goes on in the next line inside ( ) or [ ], and after an operator",
        "$": 'write the name alone; in a string it is inserted with "${name}"',
        "@": 'text must be in double quotes: "..."',
        "~": 'text must be in double quotes: "..."',
        "^": "there is no such operator",
    }.get(first, "")
    return IllegalCharacter(span=span, what=name, hint=hint)


_BYTES = {first + last for first, last in (
    ("ilo", "byte"), ("ega", "byte"), ("iga", "byte"), ("era", "byte"), ("ibi", "byte"), ("ebi", "byte"), ("ig", ""), ("ilo", ""),
    ("eg", ""), ("ega", ""), ("iga", ""), ("era", ""),
)}  # fmt: skip
_BYTES |= {word + "s" for word in _BYTES}
"""How sizes are written in words, behind their first letter."""

# ---- where strings end

_STOPS = {
    '"': re.compile(r'\\[^\n]|\$\{|"|\n'),
    '"""': re.compile(r'\\[\s\S]|\$\{|"""'),
    "{": re.compile(r'"""|"|[{}]|\n'),
}


def string_end(text: str, start: int, end: int) -> int:
    """Where the string that begins at `start` ends, interpolations and all; -1 where it does not end."""
    quote = '"""' if text.startswith('"""', start) else '"'
    return _nest_end(text, start + len(quote), end, quote)


def interpolation_end(text: str, start: int, end: int, quote: str) -> int:
    """Where the interpolation ends whose inside begins at `start`: behind its `}`; -1 where it does not end."""
    return _nest_end(text, start, end, quote, "{")


def _nest_end(text: str, position: int, end: int, *inside: str) -> int:
    """The end of the innermost of `inside`. A newline ends nothing but what has a plain quote around it."""
    stack = list(inside)
    floor = len(stack) - 1
    while match := _STOPS[stack[-1]].search(text, position, end):
        stop, position = match[0], match.end()
        if stop == "\n" and '"' in (stack[0], stack[-1]):
            return -1
        if stop == "${" or (stop == "{" and stack[-1] == "{"):
            stack.append("{")
        elif stop == stack[-1] or (stop == "}" and stack[-1] == "{"):
            stack.pop()
            if len(stack) == floor:
                return position
        elif stop in ('"', '"""'):
            stack.append(stop)
    return -1
