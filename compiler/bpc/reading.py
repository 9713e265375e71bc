"""A project's files as sources: each is read once, and what cannot be read is a diagnostic at the place that names it."""

from __future__ import annotations

import posixpath

from bpc.diagnostics.reading import NotText, OutsideProject, Unreadable
from bpc.digest import sha256
from bpc.files import ReadError, beside
from bpc.names import check_line
from bpc.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.diagnostics.base import Diagnostic
    from bpc.files import Files
    from bpc.lower.budget import Budget
    from bpc.source import Span


def shown(name: str) -> str:
    """A name from outside as it can be printed: bytes that are no UTF-8 come as half a character each."""
    return name.encode("utf-8", "replace").decode()


class Reading:
    """What was read of some files, so that all that is made of it sees one version of each. Names are relative to the project.

    `used` are the files that the one who reads has asked for, in a `fork` only those of its own and of what it was forked from.
    """

    def __init__(self, files: Files, budget: Budget) -> None:
        self.files, self.budget = files, budget
        self.contents: dict[str, bytes] = {}
        self.texts: dict[str, Source] = {}
        self.digests: dict[str, str] = {}
        self.used: set[str] = set()

    def fork(self) -> Reading:
        """Another reader of the same files, of which each is still read once."""
        made = Reading(self.files, self.budget)
        made.contents, made.texts, made.digests = self.contents, self.texts, self.digests
        made.used = set(self.used)
        return made

    def text(self, name: str, span: Span) -> Source | Diagnostic:
        """A file's text, or why there is none; `span` is the place that names the file."""
        content = self.content(name, span)
        if not isinstance(content, bytes) or name in self.texts:
            return self.texts.get(name) or content  # type: ignore[return-value]
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return NotText(span=span, path=name, reason=f"byte {error.start} cannot be decoded")
        if "\0" in text:
            return NotText(span=span, path=name, reason=f"NUL character at {text.index(chr(0))}")
        return self.texts.setdefault(name, Source(name, text.replace("\r\n", "\n")))

    def content(self, name: str, span: Span) -> bytes | Diagnostic:
        """A file's bytes, or why there are none."""
        if shown(name) != name:
            return Unreadable(span=span, path=shown(name), reason="its name is not UTF-8")
        wrong = check_line(name, span)
        if wrong is not None:
            return wrong
        if name.startswith(("../", "/")) or name == "..":
            return OutsideProject(span=span, path=name)
        try:
            if name not in self.contents:
                self.contents[name] = self.files.read(name)
                self.budget.read(len(self.contents[name]))
        except ReadError as error:
            if error.outside:
                return OutsideProject(span=span, path=name)
            hint = self._meant(name, span) if error.missing else ""
            return Unreadable(span=span, path=name, reason=error.reason, hint=hint)
        self.used.add(name)
        return self.contents[name]

    def _meant(self, name: str, span: Span) -> str:
        """A hint for a file that does not exist: the nearest one of the project, as the file at `span` would name it."""
        near = self.files.near(name, blueprint=not span.source.text)
        if span.source.text:
            folder = posixpath.dirname(span.source.name)
            return f'did you mean "{posixpath.relpath(near, folder or ".")}"?' if near else ""
        return f'did you mean "{near}"?' if near else "`bpc new NAME` makes a project from a sample"

    def named_text(self, by: str, path: str, span: Span) -> Source | Diagnostic:
        """The text of a file as a file called `by` names it."""
        return self.text(beside(by, path), span)

    def named_bytes(self, by: str, path: str, span: Span) -> tuple[str, bytes] | Diagnostic:
        """(name, bytes) of a file as a file called `by` names it."""
        name = beside(by, path)
        content = self.content(name, span)
        return (name, content) if isinstance(content, bytes) else content

    def inputs(self) -> dict[str, str]:
        """The files that were used, each with the SHA-256 of its bytes."""
        for name in self.used - self.digests.keys():
            self.digests[name] = sha256(self.contents[name])
        return {name: self.digests[name] for name in sorted(self.used)}

    def digest(self) -> str:
        """SHA-256 over the names and contents of all files that were used."""
        read = [(name, self.contents[name]) for name in sorted(self.used)]
        return sha256(b"".join([f"{name}\0{len(content)}\0".encode() + content for name, content in read]))
