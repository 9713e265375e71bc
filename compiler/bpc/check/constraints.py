"""Constraints of params: which ones a param of a type may have. Loaded where one has any."""

from __future__ import annotations

from bpc.diagnostics.constraints import NoSuchConstraint
from bpc.syntax.tree import Setting
from bpc.vocabulary import BLOCKS, CONSTRAINTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.diagnostics.findings import Findings
    from bpc.syntax.tree import Parameter


def check_constraints(home: str, node: Parameter, found: Findings) -> None:
    """Finds constraints that the param of a solution or template cannot have."""
    kind = node.type.name
    what = f"the type {kind}" if home == "solution" else "an image template"
    takes = CONSTRAINTS.get(kind, ()) if home == "solution" else ()
    listed = ", ".join(f"`{name}`" for name in takes)
    hint = f"it may have {listed}" if takes else "" if home == "solution" else "write it at the solution's param"
    for statement in node.body:
        if isinstance(statement, Setting):
            name = statement.name.text
            if name in BLOCKS["param"].settings and name not in takes:
                before = len(found)
                found.append(NoSuchConstraint(span=statement.name.span, what=what, name=name, hint=hint))
                found.contain(statement, before)
