"""What happens at a mistake: it is described once, what was read is kept, and reading goes on as near to it as possible.

A mistake belongs to a region: from it to the end of its statement (a separator, or the `}` of the block around), or to a
line that begins like a statement while a bracket is open. Nothing more is said about a region, but it is read on:
inside of a bracket at the next separator or closer, else behind the region. What was read and cannot be joined becomes
a `Broken` (`bpc.syntax.salvage`).
"""

from __future__ import annotations

from bisect import bisect_left

from bpc.diagnostics.syntax import TooManyMistakes
from bpc.syntax._tables import KEYWORDS, OPERATORS
from bpc.syntax.hints import heredoc_end, resume
from bpc.syntax.layout import early_closer, indent, missing_closer
from bpc.syntax.lexer import BODY, BODY_END, CLOSERS, CONTINUED_KINDS, END, MISTAKES, OPENERS, SEP
from bpc.syntax.parser import GOTOS, LEVELS, STOP
from bpc.syntax.recovery import BLOCK, GROUP, Mistake, begins_statement, is_statement, line_start
from bpc.syntax.salvage import STATEMENT, Salvage, is_token, open_brackets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.syntax.lexer import Token
    from bpc.syntax.parser import Parser, Stack

OPENER_OF = {OPERATORS["}"]: BODY, OPERATORS[")"]: OPERATORS["("], OPERATORS["]"]: OPERATORS["["]}
_READINGS = 10
"""At most so many times a text is read, each time with one bracket more as its lines are indented."""
_UNTOLD = 300
"""At most so many mistakes in regions that nothing more is said about; a statement with more is left as it is."""


class Recovery:
    """Reads one text to its end, from its first mistake on."""

    def __init__(self, parser: Parser, found: list[Token], stack: Stack, start: int) -> None:
        self.parser, self.source, self.diagnostics = parser, parser.source, parser.diagnostics
        self.found, self.stack = found, stack
        self.salvage = Salvage(parser, found, stack, start)
        self.region = -1
        """The token at which the region ends that nothing more is said about."""
        self.told = 0
        """How many diagnostics there were when it began."""
        self._closers: dict[int, Token] = {}
        self.untold = 0
        self.readings = 1
        self.fits = True
        """Whether lines may yet show a `}` that is one too many."""
        self.ended = -1
        """The end of a line that ends its statement, though a bracket is open."""
        self.stopped = False

    def go_on(self, at: int) -> None:
        """Goes on after the mistake at token `at`, and after all that follow."""
        before: tuple[Token, int] | None = None
        while at >= 0:
            at = self._next(at)
            if (self.found[at], len(self.stack.items)) == before:
                at = at + 1 if self.found[at][0] != END else -1
            before = (self.found[at], len(self.stack.items))
            if at >= 0:
                at = self.parser.run(self.found, at, self.stack, self.salvage.end_before(at))
        self._hush()

    def _next(self, at: int) -> int:
        """The token to go on with after the mistake at token `at`; -1 for none."""
        self._hush()
        if self.parser.too_deep:
            self.parser.too_deep = False
            return self._give_up(at)
        if len(self.diagnostics) >= MISTAKES:
            return self._stop()
        at = self._end_line(at)
        mistake = Mistake(self.source, self.found, at, self.stack)
        if self.found[at][0] == STOP:
            return self._as_indented(at)
        if self._is_told(at):
            self.untold += 1
            if self.untold > _UNTOLD:
                return self._give_up(at)
        elif (known := self._tell(mistake)) is not None:
            return known
        if self.found[at][0] == END:
            return self._finish(at)
        if mistake.is_stray():
            return 0 if mistake.kind == BODY_END and self._reads_without_closer() else self._stray(at)
        return self._unknown_block(mistake) if mistake.opens_unknown() else self._leave(mistake)

    def _tell(self, mistake: Mistake) -> int | None:
        """Says what is wrong; the token to go on with, if it is known what was meant or this was too much."""
        meant = mistake.meant_keyword()
        if not mistake.is_consequence(self.diagnostics):
            self.diagnostics.append(mistake.describe(meant))
        if len(self.diagnostics) >= MISTAKES:
            self.diagnostics.append(TooManyMistakes(span=self.diagnostics[-1].span))
            return self._stop()
        if mistake.kind == END or self._statement_level() < 0:
            return None
        known = self._skip_known(mistake)
        return known if known >= 0 else self._take_keyword(mistake.at - 1, meant)

    def _take_keyword(self, at: int, meant: str) -> int | None:
        """Reads the word at a token as the keyword that is meant."""
        if not meant:
            return None
        _, text, start = self.found[at]
        self.parser.builder.meant[start] = meant
        self.found[at] = (KEYWORDS[meant], text, start)
        self.stack.cut(len(self.stack.values) - 1)
        return at

    def _is_told(self, at: int) -> bool:
        """Whether a mistake at a token belongs to one that was told: its statement may end at the region's end without being complete."""
        ends = at == self.region and self.found[at][0] in (SEP, BODY_END)
        return at < self.region or ends or self.readings > 1

    # ---- places

    def _statement_level(self) -> int:
        """How many values stand before the innermost statement; -1 where there are no statements."""
        states, values = self.stack.states, self.stack.values
        closed = 0
        for size in range(len(values), -1, -1):
            if not closed and GOTOS[states[size]][STATEMENT]:
                return size
            if size and is_token(values[size - 1]):
                kind = values[size - 1][0]
                closed = max(0, closed + (kind == BODY_END) - (kind == BODY))
        return -1

    def _token(self, start: int) -> int:
        """The token that begins at a character."""
        return bisect_left(self.found, start, key=lambda token: token[2])

    def _hush(self) -> None:
        """Forgets what was said about the region."""
        if self.told < len(self.diagnostics):
            new = self.diagnostics[self.told :]
            end = self.found[self.region][2] if self.region >= 0 else 0
            self.diagnostics[self.told :] = [d for d in new if d.span.start >= end and self.readings == 1]
            self.told = len(self.diagnostics)

    def _enter(self, end: int) -> None:
        """Begins a region that ends at token `end`."""
        if end > self.region:
            self.region, self.told = end, len(self.diagnostics)

    def _rewind(self, size: int, at: int) -> None:
        """Takes back what was read from token `at` on: the statement is read again up to there."""
        begin = self.stack.items[4 * size + 2]
        first = self._token(begin)
        self.stack.cut(size)
        part = [*self.found[first:at], (STOP, "", self.found[at][2])]
        self.parser.run(part, 0, self.stack, begin)

    def _end_line(self, at: int) -> int:
        """Ends the line before where it breaks off (`x =`, `images.`) and the next one begins a statement."""
        size = self._statement_level()
        for first in (at, at - 1):
            if size >= 0 and first > 0 and self._breaks_off(first) and len(self.stack.items) > 4 * size + 1:
                end = self.source.text.index("\n", self.salvage.end_before(first))
                self.found.insert(first, (SEP, "\n", end))
                self.region += first <= self.region
                self._rewind(size, first)
                brackets = [token for token in open_brackets(self.stack.values[size:]) if not self._closes(token)]
                if brackets and first >= self.region:
                    self.ended = first
                return first
        return at

    def _breaks_off(self, first: int) -> bool:
        """Whether a line that begins at token `first` is a statement, though the one before is not complete."""
        before = self.found[first - 1]
        if before[0] not in CONTINUED_KINDS or not begins_statement(self.found, first):
            return False
        if "\n" not in self.source.text[before[2] + len(before[1]) : self.found[first][2]]:
            return False
        return before[0] not in OPENERS or (before[0] != BODY and not self._closes(before))

    def _closes(self, opener: Token) -> bool:
        """Whether the bracket that closes another one is its own."""
        return OPENER_OF.get(self._closer(opener)[0]) == opener[0]

    def _closer(self, opener: Token) -> Token:
        """The bracket that closes another one; the end where none does."""
        if not self._closers:
            opened: list[Token] = []
            for token in self.found:
                if token[0] in OPENERS:
                    opened.append(token)
                elif token[0] in CLOSERS and opened:
                    self._closers[opened.pop()[2]] = token
        return self._closers.get(opener[2], self.found[-1])

    # ---- ways to go on

    def _skip_known(self, mistake: Mistake) -> int:
        """Leaves out what is known to be meant as something else, a comment or a new line; -1 where nothing is."""
        size = len(self.found)
        known = resume(mistake, self.diagnostics)
        if known > mistake.at:
            del self.found[mistake.at : known]
        self.region -= (size - len(self.found)) * (mistake.at < self.region)
        self.told = min(self.told, len(self.diagnostics))
        return mistake.at if known >= 0 else -1

    def _leave(self, mistake: Mistake) -> int:
        """Keeps what there is of the statement, and goes on in the bracket around the mistake or behind the region."""
        at = mistake.at
        size = self._statement_level()
        if self.salvage.label(at):
            return at
        if at >= self.region:
            behind = heredoc_end(mistake, self.diagnostics)
            self._enter(self._region_end(max(at, behind), max(size, 0)))
        end = self.region
        if end < at:
            self._rewind(max(size, 0), end)
            at = end
        brackets = open_brackets(self.stack.values[max(size, 0) :])
        if len(brackets) > LEVELS:
            return self._give_up(at)
        if brackets:
            next_item = _item_end(self.found, at, end)
            if next_item < end and self.salvage.item(at, next_item):
                return next_item
        elif (
            size >= 0 and begins_statement(self.found, at) and self.salvage.is_complete() and self.salvage.separate(at)
        ):
            return at
        return end if self.salvage.statement(at, end, size) else self._give_up(at)

    def _unknown_block(self, mistake: Mistake) -> int:
        """Reads a block that nothing is known about, to find where it ends and what is in it."""
        at = mistake.at
        _, text, start = self.found[at - 1]
        opener = at if self.found[at][0] == BODY else at + 1
        closer = self._token(self._closer(self.found[opener])[2])
        self._enter(min(closer + 1, len(self.found) - 1))
        self.found[at - 1] = (GROUP if opener == at else BLOCK, text, start)
        self.stack.cut(len(self.stack.values) - 1)
        return at - 1

    def _stray(self, at: int) -> int:
        """Goes on behind a bracket that closes nothing."""
        size = self._statement_level()
        if size >= 0 and not open_brackets(self.stack.values[size:]):
            self.salvage.stray(at, size)
        return at + 1

    def _give_up(self, at: int) -> int:
        """Keeps nothing of the statement but its place."""
        size = self._statement_level()
        if at >= self.region:
            self._enter(self._region_end(at, max(size, 0)))
        end = max(at, self.region)
        self.salvage.blank(max(size, 0), end)
        return end

    def _reads_without_closer(self) -> bool:
        """Reads the text again as if a `}` were not there that lines show to be one too many."""
        at = early_closer(self.source, self.found) if self.fits else -1
        self.fits = at >= 0 and self._begins_again()
        if self.fits:
            self.found[at] = (STOP, *self.found[at][1:])
        return self.fits

    def _reads_with_closer(self) -> bool:
        """Reads the text again as if a `}` were there that lines show to be missing."""
        at = missing_closer(self.source, self.found) if self._in_body(self._statement_level()) else -1
        if at < 0 or not self._begins_again():
            return False
        self.found.insert(at, (STOP, "", self.salvage.end_before(at)))
        return True

    def _begins_again(self) -> bool:
        """Goes back to the beginning of the text, of which all mistakes are told; not too often."""
        if self.readings == _READINGS or self._statement_level() < 0:
            return False
        self._hush()
        self.stack.cut(0)
        self.readings += 1
        self.region, self.told, self.untold, self.ended = -1, len(self.diagnostics), 0, -1
        return True

    def _as_indented(self, at: int) -> int:
        """Closes a body that nothing closes, or leaves out a bracket that is too many."""
        if self.found[at][1]:
            return self._stray(at)
        size = self._statement_level()
        if len(self.stack.values) > size and not self.salvage.is_complete():
            self.salvage.statement(at, at, size)
        self.salvage.close_body(at)
        return at + 1

    def _stop(self) -> int:
        """Ends reading before the text ends."""
        if self.stopped:
            return -1
        self.stopped = True
        end = len(self.found) - 1
        self.region, self.told = end + 1, len(self.diagnostics)
        self.found.append(self.found[end])
        return self._finish(end)

    def _finish(self, end: int) -> int:
        """Closes all that is open where the text ends."""
        if not self.stopped and self._reads_with_closer():
            return 0
        while True:
            size = self._statement_level()
            brackets = open_brackets(self.stack.values[max(size, 0) :])
            partial = size < 0 or (len(self.stack.values) > size and not self.salvage.is_complete())
            if partial and (len(brackets) > LEVELS or not self.salvage.statement(end, end, size)):
                self.salvage.blank(max(size, 0), end)
            bodies = [kind for kind, _, _ in open_brackets(self.stack.values[: max(size, 0)]) if kind == BODY]
            if not bodies:
                return end if self.stack.values else -1
            if len(bodies) > LEVELS or not self.salvage.close_body(end):
                return -1

    def _region_end(self, at: int, size: int) -> int:
        """The token that ends the statement: a separator, the `}` of the block around, or the end."""
        brackets = open_brackets(self.stack.values[size:])
        if at == self.ended:
            return at
        if not brackets:
            return self._skip(at, [], size)
        begin = self.stack.items[4 * size + 2]
        line = self._outdented(begin, brackets[0][2], at)
        if line >= 0:
            return line
        at = line_start(self.found, at, brackets[-1][2])
        return self._skip(at, [kind for kind, _, _ in brackets], size)

    def _skip(self, at: int, opened: list[int], size: int) -> int:
        """The token from `at` on that ends a statement in which the brackets `opened` are open."""
        while (kind := self.found[at][0]) != END:
            if kind == BODY and (closer := self._block_end(at)) >= 0:
                at = closer
            elif kind in OPENERS:
                opened.append(kind)
            elif kind in CLOSERS:
                if kind == BODY_END and BODY not in opened:
                    if self._in_body(size):
                        return at
                    opened.clear()
                _pop(opened, OPENER_OF[kind])
            elif kind == SEP and (not opened or is_statement(self.found, at + 1, opened[-1])):
                return at
            at += 1
        return at

    def _block_end(self, opener: int) -> int:
        """The `}` of a `{` that is indented alike, so that all between is inside; -1 where it has none."""
        start = self.found[opener][2]
        kind, _, end = self._closer(self.found[opener])
        return self._token(end) if kind == BODY_END and indent(self.source, end) == indent(self.source, start) else -1

    def _in_body(self, size: int) -> bool:
        """Whether the statement that begins at a value stands in a block."""
        values = self.stack.values
        return any(is_token(values[place]) and values[place][0] == BODY for place in range(size - 1, -1, -1))

    def _outdented(self, begin: int, opener: int, at: int) -> int:
        """The separator before a line that is no deeper than the statement and begins another one, though a bracket is
        open that nothing closes; -1 for none."""
        if self.found[at][0] not in (BODY_END, END):
            return -1
        depth = indent(self.source, begin)
        first = self._token(opener)
        for i in range(first, at):
            kind, text, _ = self.found[i]
            starts = kind == SEP and "\n" in text and begins_statement(self.found, i + 1)
            if starts and indent(self.source, self.found[i + 1][2]) <= depth:
                return i
        return -1


# ---- where statements end


def _item_end(found: list[Token], at: int, end: int) -> int:
    """The token before `end` that ends an item of a list: a separator or closing bracket outside of further brackets."""
    depth = 0
    while at < end:
        kind = found[at][0]
        if kind in OPENERS:
            depth += 1
        elif depth == 0 and (kind == SEP or kind in CLOSERS):
            return at
        elif kind in CLOSERS:
            depth -= 1
        at += 1
    return end


def _pop(opened: list[int], opener: int) -> None:
    """Closes a bracket, and what is open inside it; a ) may close a [ and the other way round, but never a {."""
    if opened and opened[-1] == opener:
        opened.pop()
    elif opener in opened:
        del opened[len(opened) - 1 - opened[::-1].index(opener) :]
    elif opened and opened[-1] != BODY:
        opened.pop()
