"""Analysis: what a program means and what is wrong with it, whatever is chosen of it later."""

from __future__ import annotations

from bpc.check.blocks import check_blocks
from bpc.check.environments import check_environments
from bpc.check.secrets import check_secrets
from bpc.check.types import Types, check_types
from bpc.diagnostics.findings import Findings
from bpc.record import Record
from bpc.resolve.names import bind, bind_expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bpc.diagnostics.base import Diagnostic
    from bpc.resolve.program import Program
    from bpc.resolve.symbols import Bindings
    from bpc.syntax.tree import Expression


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


def analyse(program: Program, diagnostics: list[Diagnostic]) -> Analysis:
    """Judges a program once; `diagnostics` are what reading and linking it found."""
    lost = [span for module in program.modules.values() for span in module.file.lost]
    found = Findings(diagnostics, lost)
    check_blocks(program, found)
    bindings = bind(program, found)
    types = check_types(program, bindings, found)
    check_environments(program, found)
    check_secrets(program, bindings, found)
    return Analysis(program=program, bindings=bindings, types=types, found=found)
