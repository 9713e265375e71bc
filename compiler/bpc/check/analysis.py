"""Analysis: what a program means and what is wrong with it, whatever is chosen of it later."""

from __future__ import annotations

from bpc.check.blocks import check_blocks
from bpc.check.environments import check_environments
from bpc.check.secrets import check_secrets
from bpc.check.types import Types, check_types
from bpc.diagnostics.base import errors
from bpc.diagnostics.findings import Findings
from bpc.diagnostics.syntax import TooManyMistakes
from bpc.record import Record
from bpc.resolve.names import bind, bind_expression, check_used, wanted
from bpc.resolve.symbols import ParamSymbol
from bpc.source import Span
from bpc.syntax.tree import Block, Broken, For, Parameter, is_broken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bpc.diagnostics.base import Diagnostic
    from bpc.resolve.names import Read
    from bpc.resolve.program import Program
    from bpc.resolve.symbols import Bindings
    from bpc.syntax.tree import Expression, Statement


class Analysis(Record):
    """A program with what its names mean and what types its `let`s have. `found` has its diagnostics, and the statements
    that contain mistakes: a lowering leaves these out without a further word.
    """

    program: Program
    bindings: Bindings
    types: Types
    found: Findings

    def bind(self, settings: Mapping[str, Expression], told: list[Diagnostic]) -> Bindings:
        """The bindings with those of chosen values, by the names of the `let`s and `param`s that they stand for; their mistakes
        are added to what is `told`."""
        bindings, found = self.bindings.copy(), Findings()
        solution = self.program.solution
        for name, setting in settings.items() if solution is not None and id(solution) in bindings.blocks else ():
            names = bindings.blocks[id(solution)]
            bind_expression(setting, name, names, self.program, bindings, found)
            Types(bindings, found).infer(setting)
        told += found.found
        return bindings

    def wanted(self, name: str) -> str:
        """The type that is wanted of the solution's param of a name; nothing where it does not matter to names."""
        solution = self.program.solution
        names = None if solution is None else self.bindings.blocks.get(id(solution))
        symbol = None if names is None else names.declared.get(name)
        return wanted(symbol.node) if isinstance(symbol, ParamSymbol) else ""


def analyse(program: Program, diagnostics: list[Diagnostic], read: Read) -> Analysis:
    """Judges a program once; `diagnostics` are what reading and linking it found, `read` gives templates that may use a name."""
    found = Findings(diagnostics)
    for module in program.modules.values():
        wrong = [d.span for d in diagnostics if d.span.source is module.file.source]
        if wrong:
            _unread(module.file.statements, wrong, found)
            if any(d.code == TooManyMistakes.code for d in diagnostics):
                found.lost.append(Span(module.file.source, wrong[-1].start, len(module.file.source.text)))
    check_blocks(program, found)
    bindings = bind(program, found)
    if not errors(found.found):  # a misspelt name may be the one that is not used
        check_used(program, bindings, found, read)
    types = check_types(program, bindings, found)
    check_environments(program, found)
    check_secrets(program, bindings, found)
    return Analysis(program=program, bindings=bindings, types=types, found=found)


def _unread(body: Iterable[Statement], wrong: Iterable[Span], found: Findings) -> None:
    """Marks the statements whose text has a mistake, and what was lost because it is not known what it should be."""
    for statement in body:
        part: Span | None = statement.span
        if isinstance(statement, Block):
            part = None if statement.label is None else statement.label.span
            _unread(statement.body, wrong, found)
        elif isinstance(statement, For):
            part = statement.iterable.span
            _unread(statement.body, wrong, found)
        elif isinstance(statement, Parameter):
            _unread(statement.body, wrong, found)
        if (part is not None and any(part.start <= mistake.start < part.end for mistake in wrong)) or _broken(
            statement
        ):
            found.unreadable(statement)
            found.lost.append(statement.span)


def _broken(statement: Statement) -> bool:
    """Whether a statement is not whole: a block, where its body does not begin."""
    if isinstance(statement, Block):
        return any(isinstance(inner, Broken) and inner.span.start == inner.span.end for inner in statement.body)
    return not isinstance(statement, For) and is_broken(statement)
