"""What is said about a mistake: which one it most likely is, where it is, and what could stand there."""

from __future__ import annotations

from bpc.diagnostics.base import Note
from bpc.diagnostics.syntax import StrayBracket, UnclosedBracket, UnexpectedEnd, UnexpectedToken, UnknownStatement
from bpc.source import Span
from bpc.syntax._tables import FIRST_KEYWORD, KEYWORDS, KINDS, OPERATORS
from bpc.syntax.expected import accepted_kinds, expected_text, found_text, quoted
from bpc.syntax.hints import hint, statement_hint
from bpc.syntax.layout import indent
from bpc.syntax.lexer import BODY, BODY_END, CLOSERS, END, EQUAL, HALF_STRING, NAME, SEP, STRING, STRINGS
from bpc.syntax.parser import ACTIONS, GOTOS
from bpc.syntax.salvage import STATEMENT, open_brackets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Source
    from bpc.syntax.lexer import Token
    from bpc.syntax.parser import Stack

BLOCK, GROUP = KINDS.index("BLOCK"), KINDS.index("GROUP")
_CLOSER_TEXT = {BODY: "}", OPERATORS["("]: ")", OPERATORS["["]: "]"}


class Mistake:
    """A token that has no place, and what was read before it."""

    def __init__(self, source: Source, found: list[Token], at: int, stack: Stack) -> None:
        self.source = source
        self.found = found
        self.at = at
        self.stack = stack
        self.kind, self.text, self.start = found[at]
        self.before = _before(found, at)
        self.open = open_brackets(stack.values)

    def is_consequence(self, diagnostics: list[Diagnostic]) -> bool:
        """Whether something else between the token before and this one was found wrong already."""
        low = self.before[2] if self.before else self.found[0][2]
        return any(low <= diagnostic.span.start <= self.start for diagnostic in diagnostics)

    def is_stray(self) -> bool:
        """Whether it is a closing bracket that closes nothing."""
        if self.kind == BODY_END:
            return BODY not in {kind for kind, _, _ in self.open}
        return self.kind in CLOSERS and not self.in_brackets()

    def in_brackets(self) -> bool:
        """Whether the innermost open bracket is a ( or [."""
        return bool(self.open) and self.open[-1][0] != BODY

    def leaves_open(self) -> bool:
        """Whether it shows that a ( or [ was not closed: a `}`, or a line that begins like a statement."""
        if not self.in_brackets():
            return False
        line = line_start(self.found, self.at, self.open[-1][2])
        starts = line < self.at or self.kind == SEP
        return self.kind == BODY_END or (starts and is_statement(self.found, line + 1, self.open[-1][0]))

    def begins_statement(self) -> bool:
        """Whether the token before is the first word of a statement."""
        states = self.stack.states
        return self.before is self.found[self.at - 1] and len(states) > 1 and bool(GOTOS[states[-2]][STATEMENT])

    def is_declaration(self) -> bool:
        """Whether it looks as if the token before were to declare something: `teir web {`, `teir {`."""
        if not self.begins_statement():
            return False
        named = self.kind == NAME or self.kind in STRINGS or self.kind >= FIRST_KEYWORD
        following = self.found[min(self.at + 1, len(self.found) - 1)][0]
        return self.kind == BODY or (named and following in (BODY, EQUAL, SEP, STRING, OPERATORS[":"]))

    def opens_unknown(self) -> bool:
        """Whether the token before is no keyword, but has the body of a block."""
        if not self.is_declaration() or self.found[self.at - 1][0] != NAME:
            return False
        row = ACTIONS[self.stack.states[-2]]
        return bool(row[BLOCK]) and BODY in (self.kind, self.found[self.at + 1][0])

    def meant_keyword(self) -> str:
        """The keyword that was meant by the token before; empty where none was."""
        if not self.is_declaration() or self.found[self.at - 1][0] != NAME:
            return ""
        from difflib import get_close_matches

        row = ACTIONS[self.stack.states[-2]]
        known = sorted(word for word, kind in KEYWORDS.items() if row[kind])
        near = get_close_matches(self.found[self.at - 1][1], known, n=1, cutoff=0.7)
        return near[0] if near else ""

    def describe(self, meant: str) -> Diagnostic:
        """The diagnostic; `meant` is the keyword that the word before should be."""
        if self.kind == END and self.start == len(self.source.text):
            return self._unexpected_end()
        if self.is_stray():
            return StrayBracket(span=self._span(self.found[self.at]), bracket=self.text)
        if self.leaves_open():
            opened = self.open[-1]
            token = self.found[self.at + (self.kind == SEP)]
            note = Note(span=self._span(token), text="it should be closed before this")
            return UnclosedBracket(span=self._span(opened), bracket=opened[1], notes=(note,))
        word = self.found[self.at - 1]
        if meant or (self.is_declaration() and word[0] == NAME):
            known = statement_hint(word[1]) or (f'did you mean "{meant}"?' if meant else "")
            return UnknownStatement(span=self._span(word), word=word[1], hint=known)
        return self._unexpected_token()

    def _unexpected_end(self) -> Diagnostic:
        last = Span(self.source, max(0, self.start - 1), self.start)
        expected = f'"{_CLOSER_TEXT[self.open[-1][0]]}"' if self.open else self._expected()
        return UnexpectedEnd(span=last, expected=expected, after=self._after(), notes=self._unclosed())

    def _unexpected_token(self) -> Diagnostic:
        found = '"}"' if self.kind == END else found_text(self.kind, self.text)
        span = self._span(self.found[self.at])
        return UnexpectedToken(
            span=span,
            expected=self._expected(),
            after=self._after(),
            found=found,
            hint=hint(self),
            notes=self._opened(),
        )

    def _span(self, token: Token) -> Span:
        width = 1 if token[0] == SEP else max(1, len(token[1]))
        return Span(self.source, token[2], token[2] + width)

    def _expected(self) -> str:
        return expected_text(accepted_kinds(self.stack.states))

    def _after(self) -> str:
        return f" after {quoted(self.before)}" if self.before else ""

    def _opened(self) -> tuple[Note, ...]:
        """Where the ( or [ is in which the mistake is, when that is another line."""
        if not self.in_brackets():
            return ()
        _, text, start = self.open[-1]
        if self.source.location(start)[0] == self.source.location(self.start)[0]:
            return ()
        return (Note(span=Span(self.source, start, start + 1), text=f'this "{text}" is open'),)

    def _unclosed(self) -> tuple[Note, ...]:
        """The bracket that was not closed."""
        if not self.open:
            return ()
        _, text, start = _never_closed(self.source, self.found) or self.open[-1]
        return (Note(span=Span(self.source, start, start + 1), text=f'this "{text}" is not closed'),)


def _before(found: list[Token], at: int) -> Token | None:
    """The token before, separators aside."""
    while at > 0:
        at -= 1
        if found[at][0] != SEP:
            return found[at]
    return None


def _never_closed(source: Source, found: list[Token]) -> Token | None:
    """The first `{` whose `}` stands further left than the line of the `{` begins: most likely it has another's."""
    opened: list[Token] = []
    for token in found:
        if token[0] == BODY:
            opened.append(token)
        elif token[0] == BODY_END and opened:
            first = opened.pop()
            if indent(source, token[2]) < indent(source, first[2]):
                return first
    return None


# ---- lines


def line_start(found: list[Token], at: int, low: int) -> int:
    """The separator before the line of token `at`; `at` itself where that line begins before the character `low`."""
    start = at
    while start > 0 and found[start][2] > low:
        if found[start][0] == SEP and "\n" in found[start][1]:
            return start
        start -= 1
    return at


def is_statement(found: list[Token], at: int, opener: int) -> bool:
    """Whether a line inside an open bracket begins like a statement outside of it."""
    if "\n" not in found[at - 1][1] or at + 1 >= len(found):
        return False
    kind, following = found[at][0], found[at + 1][0]
    if opener == OPERATORS["["] and following == EQUAL:
        return kind == NAME
    return kind in _DECLARATIONS and (following in _LABELS or following >= FIRST_KEYWORD)


def begins_statement(found: list[Token], at: int) -> bool:
    """Whether what begins at a token looks like a statement."""
    kind, following = found[at][0], found[min(at + 1, len(found) - 1)][0]
    if kind == NAME:
        return following == EQUAL
    loop = kind == KEYWORDS["for"] and following == NAME
    return loop or (kind in _DECLARATIONS and (following in _LABELS or following >= FIRST_KEYWORD))


_LABELS = {NAME, STRING, HALF_STRING, BODY}


_DECLARATIONS = {
    kind for kind in KEYWORDS.values() if KINDS[kind] not in ("BOOLEAN", "AND", "OR", "NOT", "_IF", "_IN")
} - {KEYWORDS[word] for word in ("else", "for", "as", "from", "on", "up_to", "then")}
