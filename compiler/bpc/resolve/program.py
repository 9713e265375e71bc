"""All files of a blueprint, linked by their imports, and what each declares."""

from __future__ import annotations

import re

from bpc.diagnostics import resolve
from bpc.diagnostics.base import Note
from bpc.diagnostics.syntax import NestedTooDeep
from bpc.names import NAME
from bpc.record import Record
from bpc.source import Source, Span
from bpc.syntax.tree import Block, File, Identifier, Import, Let, Parameter, String

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bpc.diagnostics.base import Diagnostic
    from bpc.diagnostics.findings import Findings

    Read = Callable[[str, Span], Source | Diagnostic]
    Parse = Callable[[Source], tuple[File, tuple[Diagnostic, ...]]]
    Beside = Callable[[str, str], str]

DEEPEST = 100
"""Files that may import one another in a row."""

Declaration = Import | Let | Parameter | Block


class Module(Record):
    """One file with the names that it declares: `aliases` to the names of imported files, `declared` lets and images."""

    file: File
    aliases: dict[str, str]
    declared: dict[str, Declaration]


class Program(Record):
    """The files by name; `solution` is the root file's, None where there is none (a diagnostic says so)."""

    root: str
    modules: dict[str, Module]
    solution: Block | None


class Linker:
    """Follows imports depth first, so that a cycle is seen on the way."""

    def __init__(self, read: Read, parse: Parse, beside: Beside) -> None:
        self.read, self.parse, self.beside = read, parse, beside
        self.modules: dict[str, Module] = {}
        self.found: list[Diagnostic] = []

    def link(self, source: Source, path: tuple[str, ...]) -> None:
        file, found = self.parse(source)
        self.found += found
        module = Module(file=file, aliases={}, declared={})
        self.modules[source.name] = module
        for statement in file.statements:
            if isinstance(statement, Import):
                self._follow(module, statement, (*path, source.name))
            self._declare(module, statement)

    def _follow(self, module: Module, statement: Import, path: tuple[str, ...]) -> None:
        text = "".join(part for part in statement.path.parts if isinstance(part, str))
        name = self.beside(module.file.source.name, text)
        module.aliases[statement.alias.text] = name
        if len(path) > DEEPEST:
            self.found.append(
                NestedTooDeep(span=statement.path.span, limit=DEEPEST, hint="import the file from one above")
            )
        elif name in path:
            cycle = " -> ".join((*path[path.index(name) :], name))
            self.found.append(resolve.ImportCycle(span=statement.path.span, cycle=cycle))
        elif name not in self.modules:
            source = self.read(name, statement.path.span)
            if isinstance(source, Source):
                self.link(source, path)
            else:
                self.found.append(source)

    def _declare(self, module: Module, statement: object) -> None:
        named = statement.alias if isinstance(statement, Import) else None
        if isinstance(statement, Let):
            named = statement.name
        if isinstance(statement, Block) and statement.keyword == "image":
            named = label_identifier(statement)
        if named is None or not isinstance(statement, Declaration):
            return
        declare(module.declared, named.text, statement, named.span, self.found)


def label_identifier(block: Block) -> Identifier | None:
    """The name in a block's label, None where it is computed; in quotes, it is the same name (of an image, that is reported)."""
    match block.label:
        case Identifier():
            return block.label
        case String(parts=(str(text),)) if re.fullmatch(NAME, text):
            return Identifier(span=block.label.span, text=text)
    return None


def declare(
    names: dict[str, Declaration], name: str, statement: Declaration, span: Span, found: list[Diagnostic] | Findings
) -> None:
    """Enters a name; a second declaration is reported at its place, with a note at the first."""
    first = names.get(name)
    if first is None:
        names[name] = statement
        return
    note = Note(span=first.span, text="declared here first")
    found.append(resolve.DeclaredTwice(span=span, name=name, notes=(note,)))


def link(name: str, read: Read, parse: Parse, beside: Beside) -> tuple[Program, list[Diagnostic]]:
    """Parses a root file and all that it imports. `read` gives a source or the diagnostic why not."""
    linker = Linker(read, parse, beside)
    source = read(name, Span(Source(name.encode("utf-8", "replace").decode(), ""), 0, 0))
    if isinstance(source, Source):
        linker.link(source, ())
    else:
        linker.found.append(source)
    solutions = [
        (file, statement)
        for file, module in linker.modules.items()
        for statement in module.file.statements
        if isinstance(statement, Block) and statement.keyword == "solution"
    ]
    mine = [statement for file, statement in solutions if file == name]
    extra = mine[1:] + [statement for file, statement in solutions if file != name]
    linker.found += [resolve.SecondSolution(span=statement.span) for statement in extra]
    if not mine and not linker.found:
        assert isinstance(source, Source)
        linker.found.append(resolve.NoSolution(span=Span(source, 0, 0)))
    return Program(root=name, modules=linker.modules, solution=mine[0] if mine else None), linker.found
