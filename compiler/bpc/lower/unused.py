"""Image templates that no tier uses: what is known of them without arguments is checked all the same."""

from __future__ import annotations

from bpc.diagnostics.lower import DeployTime
from bpc.lower.body import Body
from bpc.lower.scope import Lazy, Unknown
from bpc.lower.steps import ITEMS, items_once, packages_of, step_of
from bpc.lower.templates import parse
from bpc.lower.types import Wrong
from bpc.syntax.tree import Block, Let, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bpc.lower.world import World


def check_unused(world: World) -> None:
    """Reports what is wrong in templates that were not built, whatever their arguments would be."""
    for file, module in world.program.modules.items():
        for block in module.declared.values():
            if isinstance(block, Block) and id(block) not in world.used:
                _check(block, file, world)


def _check(block: Block, file: str, world: World) -> None:
    scope = world.module(file).inner({})
    for statement in block.body:
        if isinstance(statement, Let):
            scope.names[statement.name.text] = Lazy(expression=statement.value, scope=scope)
        elif isinstance(statement, Parameter):
            scope.names[statement.name.text] = Unknown()
    found, world.found = world.found, []
    body = Body(block, scope)
    world.found = found + [d for d in world.found if not isinstance(d, DeployTime)]
    _attempt(world, lambda: body.value("from", None))
    items_once(body)
    _attempt(world, lambda: packages_of(body, None))
    for item in body.all(*ITEMS):
        if item.has("template"):
            _attempt(world, lambda item=item: _template(item, world))  # type: ignore[misc]
        _attempt(world, lambda item=item: step_of(item, body, None))  # type: ignore[misc]


def _template(item: Body, world: World) -> None:
    parse(world.text(item.value("template", ""), item.where("template")), world)


def _attempt(world: World, act: Callable[[], object]) -> None:
    """Lowers one item; where it needs a parameter, all but warnings may be a consequence of not knowing it."""
    before, world.found = world.found, []
    try:
        act()
    except Wrong as wrong:
        world.found.append(wrong.diagnostic)
    blind = any(isinstance(d, DeployTime) for d in world.found)
    world.found = before + [d for d in world.found if d.severity == "warning" or not blind]
