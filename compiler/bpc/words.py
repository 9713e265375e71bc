"""One word of the vocabulary: a setting of a block."""

from __future__ import annotations

from bpc.record import Record


class Word(Record):
    """One setting of a block: its type, whether it must stand there, and what it means (for the reference).

    `form` says what a text in it may be (`names.FORMS`): one line, unless it is said.
    """

    type: str
    required: bool = False
    deploy: bool = False
    says: str = ""
    form: str = "line"
