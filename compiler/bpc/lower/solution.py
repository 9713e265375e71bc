"""The whole solution for one choice: its names bound to values, tiers outlined and lowered, connections turned into rules and order."""

from __future__ import annotations

from bpc.diagnostics import lower, resolve
from bpc.diagnostics.base import did_you_mean, errors
from bpc.language.coerce import EvaluationError
from bpc.lower.block_reader import BlockReader, unroll
from bpc.lower.budget import Spent
from bpc.lower.connections import rules, start_order
from bpc.lower.context import Context
from bpc.lower.directory import Tiers
from bpc.lower.environment import applied, environments
from bpc.lower.groups import groups, outlined
from bpc.lower.images import Images
from bpc.lower.natives import Natives, natives
from bpc.lower.params import params
from bpc.lower.parts import identities, networks, outputs, secrets
from bpc.lower.scope import Lowering, Scope
from bpc.lower.sources import Sources
from bpc.lower.tags import tags
from bpc.lower.unused import check_unused
from bpc.model.solution import Solution
from bpc.record import Record
from bpc.resolve.program import label_identifier
from bpc.resolve.symbols import LetSymbol, ParamSymbol
from bpc.source import Span
from bpc.syntax.tree import Block, For, Identifier, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bpc.check.analysis import Analysis
    from bpc.diagnostics.base import Diagnostic
    from bpc.lower.scope import Lock
    from bpc.lower.sources import Reader
    from bpc.lower.templates import Templates
    from bpc.model.resources import Resource
    from bpc.model.steps import Bake
    from bpc.resolve.program import Program
    from bpc.resolve.symbols import Bindings
    from bpc.syntax.tree import Expression


NAMED = ("secret", "network", "native", "tier")


class Choice(Record):
    """What the user says besides the blueprint: an environment's name or "", and `--set` expressions by name.

    `bindings` are those of the analysis with the names of these expressions. `bakes` are tiers that are baked otherwise than
    the blueprint says, for who compares: tier → way. `lock` is what images were resolved to.
    """

    environment: str
    settings: Mapping[str, Expression]
    bindings: Bindings
    bakes: Mapping[str, Bake]
    lock: Lock
    others: bool = True


def lower_solution(
    analysis: Analysis, choice: Choice, reader: Reader, templates: Templates, compiler: str
) -> tuple[Solution | None, list[Diagnostic]]:
    """The model of the program's solution for one choice, None where there are mistakes, and what is wrong besides what the
    analysis has found: what contains a mistake is left out, and all the rest is judged.

    What takes too long or is nested too deeply ends here, at the innermost place that is known.
    """
    lowering = begin(analysis, choice, reader, templates)
    made = None
    try:
        made = _lowered(choice, lowering, compiler)
    except (Spent, RecursionError) as error:
        deep = Spent("this blueprint's values need too many others, each inside the next,")
        spent = error if isinstance(error, Spent) else deep
        lowering.context.found.append(spent.at(_whole(analysis.program)).diagnostic)
    lowering.tiers.close()
    lowering.natives.close()
    lowering.scopes.clear()
    found = lowering.context.found
    return (None if errors(found) else made), found


def _whole(program: Program) -> Span:
    """The place of the solution, or of the file where there is none."""
    block = program.solution
    return Span(program.modules[program.root].file.source, 0, 0) if block is None else (block.label or block).span


def begin(analysis: Analysis, choice: Choice, reader: Reader, templates: Templates) -> Lowering:
    """What the parts of a lowering are given."""
    context = Context(templates.budget)
    return Lowering(
        analysis=analysis,
        bindings=choice.bindings,
        context=context,
        sources=Sources(reader, context),
        templates=templates,
        tiers=Tiers(context),
        natives=Natives(context),
        scopes={},
        lock=choice.lock,
    )


def _lowered(choice: Choice, lowering: Lowering, compiler: str) -> Solution | None:
    solution, context = lowering.analysis.program.solution, lowering.context
    images, made = Images(lowering), None
    if solution is not None and lowering.sound(solution):
        made = _solution(solution, choice, lowering, images, compiler)
        if context.failures and not errors((*context.found, *lowering.analysis.found.found)):
            raise AssertionError("a mistake was not reported")
    check_unused(lowering, images.used)
    return made


def enter(solution: Block, choice: Choice, lowering: Lowering) -> BlockReader:
    """The solution as the environment and the choice have it, with all its names."""
    block = applied(solution, _environment(solution, choice, lowering.context), lowering.sound)
    scope = _scope(solution, block, choice, lowering)
    _declare(solution, block, scope, lowering)
    return BlockReader(block, scope)


def _solution(solution: Block, choice: Choice, lowering: Lowering, images: Images, compiler: str) -> Solution:
    context, tiers = lowering.context, lowering.tiers
    body = enter(solution, choice, lowering)
    block = body.block
    made_networks, made_secrets = networks(body), secrets(body)
    outlines = outlined(tiers, body)
    marked = tags(body)
    made = groups(outlines, body, images, choice.bakes, marked)
    made_groups = [lowered.group for lowered in made.values()]
    balancers = [balancer for outline in outlines for balancer in outline.balancers]
    for keyword, things in (("network", made_networks), ("secret", made_secrets), ("tier", made_groups)):
        identities(context, keyword, things)
    for group in made_groups:
        identities(context, "volume", group.volumes)
    unreached: dict[Span, Diagnostic] = {}
    resources: tuple[Resource, ...] = (
        *made_networks,
        *made_secrets,
        *made_groups,
        *balancers,
        *rules(context, outlines, {name: lowered.touched for name, lowered in made.items()}, unreached),
        *natives(body, lowering.natives),
    )
    start_order(tiers, context, made_groups)
    made_params, made_outputs = params(body, choice.settings), outputs(body)
    if not context.failures and not errors(lowering.analysis.found.found):
        context.found += unreached.values()
    assert isinstance(block.label, Identifier)
    return Solution(
        name=block.label.text,
        version=body.value("version"),
        doc=block.doc,
        environment=choice.environment,
        environments=tuple(environments(solution)),
        edition=1,
        digest=lowering.sources.digest(),
        compiler=compiler,
        params=tuple(made_params),
        resources=resources,
        images=tuple(images.made.values()),
        outputs=tuple(made_outputs),
        tags=marked,
        span=block.label.span,
    )


def _environment(solution: Block, choice: Choice, context: Context) -> Block | None:
    """The environment that was chosen; None where none was, or one that is not there, which is reported."""
    known = environments(solution)
    if choice.environment and choice.environment not in known:
        hint = did_you_mean(choice.environment, known) or _listed(known)
        span = solution.span if solution.label is None else solution.label.span
        context.report(resolve.UnknownEnvironment(span=span, name=choice.environment, hint=hint))
    return known.get(choice.environment)


def _listed(environments: Mapping[str, object]) -> str:
    return f"it has: {', '.join(sorted(environments))}" if environments else "it has none"


def _scope(solution: Block, block: Block, choice: Choice, lowering: Lowering) -> Scope:
    """The solution's `let`s as the environment and the choice say them."""
    scope = Scope(lowering, lowering.file(lowering.analysis.program.root))
    declared = lowering.bindings.declared(solution)
    for statement in block.body:
        symbol = lowering.bindings.get(statement)
        if isinstance(symbol, LetSymbol):
            scope.let(symbol, statement, choice.settings.get(symbol.name))  # type: ignore[arg-type]
        elif isinstance(statement, Parameter) and statement.type.name == "image":
            chosen = choice.settings.get(statement.name.text, statement.default)
            scope.choose(declared[statement.name.text], statement, chosen)
    known = [name for name, symbol in declared.items() if isinstance(symbol, LetSymbol | ParamSymbol)]
    for name in choice.settings:
        if name not in known:
            hint = did_you_mean(name, known)
            lowering.context.report(resolve.UnknownSetName(span=block.span, name=name, hint=hint))
    return scope


def _declare(solution: Block, block: Block, scope: Scope, lowering: Lowering) -> None:
    """Enters the tiers in the order of the text, and reports names that a `for` makes and that are taken.

    What a `for` runs over may be of any tier that stands on its own, also of a later one: these are entered first.
    """
    tiers, context = lowering.tiers, lowering.context
    failures = context.failures
    taken = set(lowering.bindings.declared(solution))
    names: list[list[str]] = [[] for _ in block.body]
    for looped in (False, True):
        for index, statement in enumerate(block.body):
            if isinstance(statement, For) is looped:
                for inner, at in unroll((statement,), scope):
                    if isinstance(inner, Block) and inner.keyword in NAMED and lowering.sound(inner):
                        names[index] += _declared(BlockReader(inner, at), taken, lowering, computed=looped)
    tiers.order([name for made in names for name in made])
    lost = lowering.analysis.found.lost_within(solution.span)
    tiers.complete = context.failures == failures and not lost and all(map(lowering.sound, block.body))


def _declared(body: BlockReader, taken: set[str], lowering: Lowering, *, computed: bool) -> Iterator[str]:
    """Enters one tier, network, secret or native, and yields its name where it is a tier."""
    block, context = body.block, lowering.context
    try:
        name = body.label()
    except EvaluationError as wrong:
        context.fail(wrong)
        return
    if (computed or label_identifier(block) is None) and name in taken:
        context.report(lower.DuplicateName(span=body.span, keyword=block.keyword, name=name))
        return
    taken.add(name)
    if block.keyword == "native":
        lowering.natives.declare(name, body)
    if block.keyword == "tier":
        lowering.tiers.declare(name, body)
        yield name
