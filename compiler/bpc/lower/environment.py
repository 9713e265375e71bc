"""A solution's block with an environment laid over it. What an environment must not say, `check.environments` has judged."""

from __future__ import annotations

from bpc.record import replace
from bpc.syntax.tree import Block, Let, Parameter, Setting, label_text, merge_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bpc.syntax.tree import Statement


EVERYWHERE = ("machine", "volume")
"""Blocks of an environment that are for all tiers."""


def environments(solution: Block) -> dict[str, Block]:
    """The solution's environments by name."""
    return {label_text(s): s for s in solution.body if isinstance(s, Block) and s.keyword == "environment"}


def applied(solution: Block, environment: Block | None, sound: Callable[[object], bool]) -> Block:
    """The solution as one environment has it, or as it stands; the environments themselves are gone.

    What is not `sound` of the environment is left out, and what is not of the solution stays as it is.
    """
    body = [s for s in solution.body if not (isinstance(s, Block) and s.keyword == "environment")]
    if environment is not None:
        _lay(body, [statement for statement in environment.body if sound(statement)], sound)
    return replace(solution, body=tuple(body))


def _lay(body: list[Statement], changes: list[Statement], sound: Callable[[object], bool]) -> None:
    places = {name: i for i, statement in enumerate(body) if (name := _name(statement)) and sound(statement)}
    for statement in changes:
        if isinstance(statement, Block) and statement.keyword in EVERYWHERE:
            for i, tier in enumerate(body):
                if isinstance(tier, Block) and tier.keyword == "tier" and sound(tier) and _concerns(statement, tier):
                    body[i] = _merged(tier, statement)
            continue
        name = _name(statement)
        index = None if name is None else places.get(name)
        if index is not None:
            old = body[index]
            body[index] = _instead(old, statement)
        elif isinstance(statement, Setting):
            body.append(statement)


def _name(statement: Statement) -> tuple[str, str] | None:
    """What an environment knows a statement of the solution by."""
    return ("let", statement.name.text) if isinstance(statement, Let | Parameter) else merge_key(statement)


def _instead(old: Statement, new: Statement) -> Statement:
    """What stands in the place of a solution's statement: a param keeps its type and constraints, and has another default."""
    if isinstance(old, Parameter) and isinstance(new, Let):
        return replace(old, default=new.value)
    return overlay(old, new) if isinstance(old, Block) and isinstance(new, Block) else new


def _concerns(change: Block, tier: Block) -> bool:
    """Whether a block of an environment is for a tier: one with a name, only where the tier has that."""
    return change.label is None or merge_key(change) in map(merge_key, tier.body)


def _merged(tier: Block, change: Block) -> Block:
    """A tier with a block that an environment says for all tiers."""
    return overlay(tier, replace(change, keyword="tier", label=tier.label, body=(change,)))


def overlay(base: Block, change: Block) -> Block:
    """`base` with what an environment's block of the same name says differently: settings by name, blocks by label."""
    body = list(base.body)
    places = {key: index for index, statement in enumerate(body) if (key := merge_key(statement)) is not None}
    for statement in change.body:
        index = places.get(key) if (key := merge_key(statement)) else None
        if index is None:
            body.append(statement)
        else:
            old = body[index]
            body[index] = (
                overlay(old, statement) if isinstance(old, Block) and isinstance(statement, Block) else statement
            )
    return replace(base, body=tuple(body))
