"""Environments: each says differently only what the solution declares. Judged once, whichever of them is chosen."""

from __future__ import annotations

from bpc.diagnostics import resolve
from bpc.diagnostics.base import Note, did_you_mean
from bpc.syntax.tree import Block, Let, Parameter, label_text, merge_key
from bpc.vocabulary import BLOCKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from bpc.diagnostics.base import Diagnostic
    from bpc.diagnostics.findings import Findings
    from bpc.resolve.program import Program
    from bpc.source import Span
    from bpc.syntax.tree import Statement


def check_environments(program: Program, found: Findings) -> None:
    """What environments add is found, and what is said twice in one of them."""
    if program.solution is None:
        return
    body = program.solution.body
    lets = [statement.name.text for statement in body if isinstance(statement, Let | Parameter)]
    known = {keyword: _named(body, keyword) for keyword in ("secret", "network", "tier")}
    known["volume"] = {
        name: volume for tier in _blocks(body, "tier") for name, volume in _named(tier.body, "volume").items()
    }
    names: dict[str, Span] = {}
    for environment in _blocks(body, "environment"):
        before = len(found)
        _once(names, environment, found)
        found.contain(environment, before)
        volumes: dict[str, Span] = {}
        for statement in environment.body:
            if isinstance(statement, Let) and statement.name.text not in lets:
                if not found.may_be_lost(statement.name.text, program.solution.span):
                    found.append(_adds(statement.name.span, "let", statement.name.text, lets))
            elif isinstance(statement, Block) and statement.keyword in known and found.sound(statement):
                if statement.keyword == "volume":
                    _once(volumes, statement, found)
                _change(statement, known[statement.keyword], program.solution, found)


def _named(body: Iterable[Statement], keyword: str) -> dict[str, Block]:
    return {label_text(statement): statement for statement in _blocks(body, keyword)}


def _blocks(body: Iterable[Statement], keyword: str) -> list[Block]:
    return [statement for statement in body if isinstance(statement, Block) and statement.keyword == keyword]


def _adds(span: Span, what: str, name: str, known: Iterable[str]) -> Diagnostic:
    return resolve.EnvironmentAdds(span=span, what=what, name=name, hint=did_you_mean(name, known))


def _change(change: Block, known: dict[str, Block], solution: Block, found: Findings) -> None:
    name = label_text(change)
    if name in known:
        _merged(known[name], change, found)
    elif not found.may_be_lost(name, solution.span):
        found.append(_adds(_head(change), change.keyword, name, known))


def _merged(base: Block, change: Block, found: Findings) -> None:
    """What a block of an environment says differently, against the block that it changes."""
    places = {merge_key(statement): statement for statement in base.body}
    first: dict[str, dict[str, Span]] = {}
    for statement in change.body:
        if not isinstance(statement, Block) or not found.sound(statement):
            continue
        before = len(found)
        if statement.label is not None:
            _once(first.setdefault(statement.keyword, {}), statement, found)
        old = places.get(merge_key(statement))
        if isinstance(old, Block):
            _merged(old, statement, found)
        elif not BLOCKS[statement.keyword].once and not found.may_be_lost(label_text(statement), base.span):
            name = label_text(statement)
            found.append(resolve.EnvironmentAdds(span=statement.span, what=statement.keyword, name=name))
            found.contain(statement, before)


def _once(first: dict[str, Span], block: Block, found: Findings) -> None:
    span = first.setdefault(label_text(block), _head(block))
    if span is not _head(block) and span != _head(block):
        note = Note(span=span, text="declared here first")
        found.append(resolve.DeclaredTwice(span=_head(block), name=label_text(block), notes=(note,)))


def _head(block: Block) -> Span:
    return block.span if block.label is None else block.label.span
