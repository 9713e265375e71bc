"""Analysis: what a program means and what is wrong with it, whatever is chosen of it later."""

from __future__ import annotations

from bpc.check.blocks import check_blocks
from bpc.check.environments import check_environments
from bpc.check.secrets import check_secrets
from bpc.check.types import Types, check_types
from bpc.diagnostics.base import errors
from bpc.diagnostics.findings import Findings
from bpc.record import Record
from bpc.resolve.names import bind, bind_expression, check_used
from bpc.syntax.tree import Block, For

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bpc.diagnostics.base import Diagnostic
    from bpc.resolve.names import Read
    from bpc.resolve.program import Program
    from bpc.resolve.symbols import Bindings
    from bpc.source import Span
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
        for setting in settings.values() if solution is not None and id(solution) in bindings.blocks else ():
            bind_expression(setting, bindings.blocks[id(solution)], self.program, bindings, found)
            Types(bindings, found).infer(setting)
        told += found.found
        return bindings


def analyse(program: Program, diagnostics: list[Diagnostic], read: Read) -> Analysis:
    """Judges a program once; `diagnostics` are what reading and linking it found, `read` gives templates that may use a name."""
    lost = [span for module in program.modules.values() for span in module.file.lost]
    found = Findings(diagnostics, lost)
    for module in program.modules.values():
        if module.file.wrong:
            _unread(module.file.statements, module.file.wrong, found)
    check_blocks(program, found)
    bindings = bind(program, found)
    if not errors(found.found):  # a misspelt name may be the one that is not used
        check_used(program, bindings, found, read)
    types = check_types(program, bindings, found)
    check_environments(program, found)
    check_secrets(program, bindings, found)
    return Analysis(program=program, bindings=bindings, types=types, found=found)


def _unread(body: Iterable[Statement], wrong: Iterable[Span], found: Findings) -> None:
    """Marks the statements whose text has a mistake that did not stop the parser, such as one inside a string."""
    for statement in body:
        part: Span | None = statement.span
        if isinstance(statement, Block):
            part = None if statement.label is None else statement.label.span
            _unread(statement.body, wrong, found)
        elif isinstance(statement, For):
            part = statement.iterable.span
            _unread(statement.body, wrong, found)
        if part is not None and any(part.start <= mistake.start < part.end for mistake in wrong):
            found.unreadable(statement)
