"""`let`s and `param`s that nothing uses, and texts that have a value's name in another language's way. Loaded where there may be one."""

from __future__ import annotations

import re

from bpc.diagnostics.resolve import NotInserted, Unused
from bpc.source import Source, Span
from bpc.syntax.tree import Block, For, Let, Parameter, Setting, String

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

    from bpc.diagnostics.base import Diagnostic
    from bpc.resolve.program import Declaration
    from bpc.syntax.tree import Statement

    Read = Callable[[str, str, Span], "Source | Diagnostic"]

PLAIN = r"(?<![\\$\w])\$([A-Za-z_]\w*)|(?<![$\\{%])\{\{-? *([A-Za-z_]\w*) *-?\}\}|(?<![$\\{%\w])\{([A-Za-z_]\w*)\}"
"""`$name`, `{{ name }}` and `{name}`, but for `${name}` and `\\$name`."""
DOLLAR = r"(?<![\\$])\$\{([A-Za-z_]\w*)\}"


def unused(
    left: Iterable[tuple[str, Declaration]], body: Iterable[Statement], read: Read | None
) -> Iterator[Diagnostic]:
    """Warnings for declarations that no expression uses, but for those that a Jinja template of the image does."""
    texts = None if read is None else list(_templates(body, read))
    for name, statement in left:
        if texts is not None and any(text is None or _names(name, text) for text in texts):
            continue
        if isinstance(statement, Let | Parameter):
            what = "let" if isinstance(statement, Let) else "param"
            yield Unused(span=statement.name.span, what=what, name=name)


def _names(name: str, text: str) -> bool:
    return name in text and re.search(rf"\b{re.escape(name)}\b", text) is not None


def _templates(body: Iterable[Statement], read: Read) -> Iterator[str | None]:
    """The texts of the templates that a body names; None for one whose path is computed or that cannot be read."""
    for statement in body:
        if isinstance(statement, Block | For):
            yield from _templates(statement.body, read)
        elif isinstance(statement, Setting) and statement.name.text == "template":
            path = statement.value
            known = isinstance(path, String) and len(path.parts) == 1 and isinstance(path.parts[0], str)
            if not known:
                yield None
                continue
            source = read(path.span.source.name, path.parts[0], path.span)  # type: ignore[union-attr, arg-type]
            yield source.text if isinstance(source, Source) else None


def plain_names(span: Span, scope: Container[str]) -> Iterator[NotInserted]:
    """Warnings for the names of `scope` that a string of the blueprint has without `${ }`."""
    text = span.source.text[span.start : span.end]
    for match in re.finditer(PLAIN, text):
        name = match[1] or match[2] or match[3]
        if name in scope and not (match[1] and _its_own(name, text)):
            place = Span(span.source, span.start + match.start(), span.start + match.end())
            written = match[0]
            meant = f"${{{name}}}" + (f", or \\{written} for the text itself" if match[1] else "")
            yield NotInserted(span=place, written=written, name=name, meant=meant)


def dollar_names(source: Source, names: Iterable[str]) -> Iterator[NotInserted]:
    """Warnings for `${name}` in a Jinja template, where its image has such a name."""
    known = set(names)
    for match in re.finditer(DOLLAR, source.text):
        name = match[1]
        if name in known and not _its_own(name, source.text):
            place = Span(source, match.start(), match.end())
            yield NotInserted(span=place, written=match[0], name=name, meant=f"{{{{ {name} }}}}")


def _its_own(name: str, text: str) -> bool:
    """Whether the text itself gives the name a value, as scripts do: `name=other`, but not `name=$name`."""
    given = rf"(?:^|[\s;&\"(]){name}=(?![\"']?\$\{{?{name}\b)|\b(?:for|read(?: -\w+)*|local|export|set|declare)\s+{name}\b|^\s*{name}\s*:="
    return bool(re.search(given, text, re.MULTILINE))
