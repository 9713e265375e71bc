"""What an analysis finds: diagnostics, and the statements that contain a mistake. What follows leaves those out, and judges the rest."""

from __future__ import annotations

import re

from bpc.diagnostics.base import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from bpc.diagnostics.base import Diagnostic
    from bpc.source import Span


class Findings:
    """Filled by one rule after another. Statements are known by their identity: whoever keeps these keeps the tree.

    `lost` are the parts of the text that could not be read: what seems to be missing may stand there. Of what is `unread`, the
    text itself is wrong, so that nothing can be said of it.
    """

    def __init__(self, found: Iterable[Diagnostic] = ()) -> None:
        self.found = list(found)
        self.lost: list[Span] = []
        self.broken: set[int] = set()
        self.unread: set[int] = set()

    def __len__(self) -> int:
        return len(self.found)

    def append(self, diagnostic: Diagnostic) -> None:
        """Something that was found; `contain` says in which statement."""
        self.found.append(diagnostic)

    def contain(self, statement: object, since: int) -> None:
        """A statement is broken where any but the first `since` findings is an error: they are of its inside."""
        if len(self.found) > since and errors(self.found[since:]):
            self.broken.add(id(statement))

    def unreadable(self, statement: object) -> None:
        """A statement whose text has a mistake, such as one inside a string."""
        self.broken.add(id(statement))
        self.unread.add(id(statement))

    def sound(self, statement: object) -> bool:
        """Whether no mistake was found in a statement so far."""
        return id(statement) not in self.broken

    def told_at(self, place: Span) -> bool:
        """Whether something was found at the beginning of a place."""
        return any(d.span.source is place.source and d.span.start == place.start for d in self.found)

    def lost_within(self, place: Span) -> bool:
        """Whether a part of a place could not be read."""
        return bool(self.lost) and any(
            lost.source is place.source and place.start <= lost.start < place.end for lost in self.lost
        )

    def may_be_lost(self, word: str, place: Span) -> bool:
        """Whether a word stands in a part of a place that could not be read."""
        return any(
            span.source is place.source
            and place.start <= span.start < place.end
            and re.search(rf"\b{re.escape(word)}\b", span.source.text[span.start : span.end])
            for span in self.lost
        )
