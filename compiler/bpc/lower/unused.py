"""Image templates that no tier uses: what is known of them without arguments is checked all the same."""

from __future__ import annotations

from functools import partial

from bpc.diagnostics.lower import DeployTime
from bpc.language.coerce import EvaluationError
from bpc.lower.block_reader import BlockReader
from bpc.lower.scope import UNKNOWN, Scope
from bpc.lower.steps import ITEMS, items_once, packages_of, step_of
from bpc.resolve.symbols import LetSymbol
from bpc.syntax.tree import Block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from bpc.lower.context import Context
    from bpc.lower.scope import Lowering


def check_unused(lowering: Lowering, used: Container[int]) -> None:
    """Reports what is wrong in templates that were not built, whatever their arguments would be."""
    for file, module in lowering.analysis.program.modules.items():
        for block in module.declared.values():
            if isinstance(block, Block) and id(block) not in used and lowering.sound(block):
                _check(block, file, lowering)


def _check(block: Block, file: str, lowering: Lowering) -> None:
    scope = Scope(lowering, lowering.file(file))
    for symbol in lowering.bindings.declared(block).values():
        scope.values[symbol] = UNKNOWN
        if isinstance(symbol, LetSymbol):
            scope.let(symbol, symbol.nodes[0])
    context = lowering.context
    before = len(context.found)
    body = BlockReader(block, scope)
    context.found[before:] = [d for d in context.found[before:] if not isinstance(d, DeployTime)]
    _attempt(context, lambda: body.value("from"))
    items_once(body)
    _attempt(context, lambda: packages_of(body, None))
    for item in body.all("repository", *ITEMS):
        if item.block.keyword == "file" and item.has("template"):
            _attempt(context, partial(_parsed, item))
        _attempt(context, partial(step_of, item, body, None))


def _parsed(item: BlockReader) -> None:
    source = item.sources.text(item.value("template"), item.where("template"))
    item.scope.lowering.templates.read(source)


def _attempt(context: Context, act: Callable[[], object]) -> None:
    """Lowers one item; where it needs what is not known, all but warnings may be a consequence of not knowing it."""
    before, failures = len(context.found), context.failures
    try:
        act()
    except EvaluationError as wrong:
        context.fail(wrong)
    told = [d for d in context.found[before:] if d.severity == "error"]
    if len(told) < context.failures - failures or any(isinstance(d, DeployTime) for d in told):
        context.found[before:] = [d for d in context.found[before:] if d.severity == "warning"]
