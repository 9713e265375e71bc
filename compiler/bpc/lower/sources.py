"""The project's files as an image template and the functions of the language name them."""

from __future__ import annotations

from bpc.check.secrets import secrets_in
from bpc.language.coerce import EvaluationError
from bpc.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from bpc.diagnostics.base import Diagnostic
    from bpc.lower.context import Context
    from bpc.model.values import Text
    from bpc.source import Span

    Content = Text | bytes

    class Reader(Protocol):
        """Where files come from: `by` is the file that names another by its `path`."""

        def named_text(self, by: str, path: str, span: Span) -> Source | Diagnostic:
            """A text, or why there is none."""

        def named_bytes(self, by: str, path: str, span: Span) -> tuple[str, bytes] | Diagnostic:
            """(name, bytes), or why there are none."""

        def digest(self) -> str:
            """Of all that was read."""


class Sources:
    """Files by the place that names them. Each is searched once for what looks like a secret or like a hole."""

    def __init__(self, reader: Reader, context: Context) -> None:
        self._reader, self._context = reader, context
        self._searched: set[str] = set()
        self._inserted: set[str] = set()

    def bytes(self, path: str, span: Span) -> tuple[str, bytes]:
        """(name, content) of a project file that is named at `span`, relative to the file there. Raises `EvaluationError`."""
        answer = self._reader.named_bytes(span.source.name, path, span)
        if not isinstance(answer, tuple):
            raise EvaluationError(answer)
        return answer

    def text(self, path: str, span: Span) -> Source:
        """The same for a text."""
        answer = self._reader.named_text(span.source.name, path, span)
        if not isinstance(answer, Source):
            raise EvaluationError(answer)
        self._search(answer)
        return answer

    def content(self, path: str, span: Span) -> tuple[str, Content]:
        """(name, content) of a project file, as a text where it is one. Raises `EvaluationError`."""
        name, content = self.bytes(path, span)
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return name, content
        self._search(Source(name, text))
        return name, content if "\0" in text or "\r" in text else (text,)

    def digest(self) -> str:
        """Of all files that were read, the blueprint's own among them."""
        return self._reader.digest()

    def warn_of_dollars(self, source: Source, names: Iterable[str]) -> None:
        """Warns of `${name}` in a Jinja template, once for each file: it would be written as it is."""
        if "${" in source.text and source.name not in self._inserted:
            from bpc.resolve.unused import dollar_names

            self._inserted.add(source.name)
            for found in dollar_names(source, names):
                self._context.report(found)

    def _search(self, source: Source) -> None:
        if source.name not in self._searched:
            self._searched.add(source.name)
            for found in secrets_in(source):
                self._context.report(found)
