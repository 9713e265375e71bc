"""The whole solution: environment applied, names bound, tiers planned and lowered, connections turned into rules and order."""

from __future__ import annotations

from bpc.diagnostics import lower, resolve
from bpc.diagnostics.base import did_you_mean, errors
from bpc.lower import tiers
from bpc.lower.body import Body, label_text, once, overlay, unroll
from bpc.lower.connections import rules, start_order
from bpc.lower.evaluate import evaluate
from bpc.lower.functions import public_text
from bpc.lower.images import Built, build
from bpc.lower.scope import Lazy, Scope
from bpc.lower.types import Wrong, bad, fits
from bpc.lower.values import Deferred, EndpointValue, NetworkValue, TemplateValue, TierValue
from bpc.lower.world import World
from bpc.model.resources import Fixed, Group, Network, Readiness, Secret, Volume
from bpc.model.solution import Output, Param, Solution
from bpc.model.steps import Mount
from bpc.model.values import ALLOWED, ALLOWED_IN_WORDS, ParamHole, SecretHole, VolumeDeviceHole, holes
from bpc.record import Record, replace
from bpc.source import Span
from bpc.syntax.tree import Block, Connect, Identifier, Let, Parameter, Setting
from bpc.syntax.tree import Output as OutputStatement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bpc.lower.tiers import Plan
    from bpc.lower.values import Value
    from bpc.lower.world import Touch
    from bpc.model.resources import Architecture, Resource
    from bpc.model.steps import Bake
    from bpc.syntax.tree import Expression, Statement

    Lowered = tuple[Group, Built, set[Touch]]

HALF_HOUR = 1_800_000
NETWORK, TIER, MEMBER, STEP = 100, 200, 100, 50
"""Steps of what the targets make of each."""
RESERVED = {
    "0.0.0.0/8": "unspecified addresses",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local addresses",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "future use",
    "::/128": "unspecified addresses",
    "::1/128": "loopback",
    "fe80::/10": "link-local addresses",
    "ff00::/8": "multicast",
}
"""Ranges that no network of a solution may have anything of, and what they are for."""
PRIVATE = "use private addresses, from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fd00::/8"


class Choice(Record):
    """What the user says besides the blueprint: an environment's name or "", and `--set` expressions by name.

    `bakes` are tiers that are baked otherwise than the blueprint says, for who compares: tier → way.
    `others`: what the environments that are not chosen say is looked at too; who lowers each of them asks for it once.
    """

    environment: str
    settings: Mapping[str, Expression]
    bakes: Mapping[str, Bake]
    others: bool = True


def lower_solution(world: World, choice: Choice, digest: Callable[[], str], compiler: str) -> Solution | None:
    """The model of the program's solution; diagnostics go to `world.found`. None where no model can be made."""
    solution = world.program.solution
    if solution is None:
        return None
    block = _choose(world, solution, choice)
    scope = _scope(world, block, choice)
    body = Body(block, scope)
    networks, secrets = _networks(body), _secrets(body)
    plans = _plan(world, body)
    if errors(world.found):
        return None
    groups = _groups(world, plans, body, choice)
    balancers = [balancer for plan in plans for balancer in plan.balancers]
    _identities(world, "network", networks)
    _identities(world, "secret", secrets)
    _identities(world, "tier", [group for group, _, _ in groups.values()])
    for group, _, _ in groups.values():
        _identities(world, "volume", group.volumes)
    resources: tuple[Resource, ...] = (
        *networks,
        *secrets,
        *(group for group, _, _ in groups.values()),
        *balancers,
        *rules(world, plans, {name: touched for name, (_, _, touched) in groups.items()}),
    )
    start_order(world, [group for group, _, _ in groups.values()])
    params, outputs = tuple(_params(body, choice)), tuple(_outputs(world, body))
    assert isinstance(block.label, Identifier)
    return Solution(
        name=block.label.text,
        version=body.value("version", ""),
        doc=block.doc,
        environment=choice.environment,
        environments=tuple(label_text(s) for s in solution.body if isinstance(s, Block) and s.keyword == "environment"),
        edition=1,
        digest=digest(),
        compiler=compiler,
        params=params,
        resources=resources,
        images=tuple(world.images.values()),
        outputs=outputs,
        span=block.label.span,
    )


# ---- environments


def _choose(world: World, solution: Block, choice: Choice) -> Block:
    """The solution's block with the chosen environment laid over it; environments themselves are gone."""
    environments = {label_text(s): s for s in solution.body if isinstance(s, Block) and s.keyword == "environment"}
    base = replace(solution, body=tuple(s for s in solution.body if not _is(s, "environment")))
    first: dict[str, Span] = {}
    for statement in solution.body if choice.others else ():
        if isinstance(statement, Block) and statement.keyword == "environment" and statement.label is not None:
            once(first, "environment", label_text(statement), statement.label.span, world.found)
    for environment in environments.values():
        assert isinstance(environment, Block)
        if not choice.others and label_text(environment) != choice.environment:
            continue
        applied = _apply(world, base, environment)
        if label_text(environment) == choice.environment:
            chosen = applied
    if not choice.environment:
        return base
    if choice.environment not in environments:
        hint = did_you_mean(choice.environment, environments) or _listed(environments)
        span = solution.span if solution.label is None else solution.label.span
        world.found.append(resolve.UnknownEnvironment(span=span, name=choice.environment, hint=hint))
        return base
    return chosen


def _listed(environments: Mapping[str, object]) -> str:
    return f"it has: {', '.join(sorted(environments))}" if environments else "it has none"


def _is(statement: Statement, keyword: str) -> bool:
    return isinstance(statement, Block) and statement.keyword == keyword


def _apply(world: World, base: Block, environment: Block) -> Block:
    body = list(base.body)
    for statement in environment.body:
        if isinstance(statement, Let):
            _swap_let(world, body, statement)
        elif isinstance(statement, Block) and statement.keyword == "tier":
            _swap_tier(world, body, statement)
        elif isinstance(statement, Block):
            body = [_merged(s, statement, world) if _is(s, "tier") else s for s in body]
        elif isinstance(statement, Setting):
            body = [s for s in body if not (isinstance(s, Setting) and s.name.text == statement.name.text)]
            body.append(statement)
    return replace(base, body=tuple(body))


def _merged(tier: Statement, change: Block, world: World) -> Statement:
    assert isinstance(tier, Block)
    return overlay(tier, replace(change, keyword="tier", label=tier.label, body=(change,)), world.found)


def _swap_let(world: World, body: list[Statement], change: Let) -> None:
    for index, statement in enumerate(body):
        if isinstance(statement, Let) and statement.name.text == change.name.text:
            body[index] = change
            return
    known = [s.name.text for s in body if isinstance(s, Let)]
    hint = did_you_mean(change.name.text, known)
    name = change.name.text
    world.found.append(resolve.EnvironmentAdds(span=change.name.span, what="let", name=name, hint=hint))


def _swap_tier(world: World, body: list[Statement], change: Block) -> None:
    name = label_text(change)
    for index, statement in enumerate(body):
        if isinstance(statement, Block) and statement.keyword == "tier" and label_text(statement) == name:
            body[index] = overlay(statement, change, world.found)
            return
    known = [label_text(s) for s in body if isinstance(s, Block) and s.keyword == "tier"]
    span = change.span if change.label is None else change.label.span
    hint = did_you_mean(name, known)
    world.found.append(resolve.EnvironmentAdds(span=span, what="tier", name=name, hint=hint))


# ---- names


def _scope(world: World, block: Block, choice: Choice) -> Scope:
    """The solution's names. Tiers and networks made by a `for` are added when it is unrolled."""
    scope = world.module(world.program.root).inner({})
    known = []
    for statement in block.body:
        if isinstance(statement, Let):
            known.append(statement.name.text)
            chosen = choice.settings.get(statement.name.text, statement.value)
            scope.names[statement.name.text] = Lazy(expression=chosen, scope=scope)
        elif isinstance(statement, Parameter):
            known.append(statement.name.text)
            hole = ParamHole(param=statement.name.text)
            scope.names[statement.name.text] = Deferred(text=(hole,), type=statement.type.name)
    for name in choice.settings:
        if name not in known:
            hint = did_you_mean(name, known)
            world.found.append(resolve.UnknownSetName(span=block.span, name=name, hint=hint))
    for statement, inner in unroll(block.body, scope):
        if isinstance(statement, Block) and statement.keyword in ("secret", "network", "tier"):
            _bind(world, scope, Body(statement, inner))
    return scope


def _bind(world: World, scope: Scope, body: Body) -> None:
    try:
        name = body.label()
    except Wrong as wrong:
        world.found.append(wrong.diagnostic)
        return
    keyword = body.block.keyword
    if name in scope.names:
        world.found.append(lower.DuplicateTier(span=body.span, keyword=keyword, name=name))
    elif keyword == "secret":
        scope.names[name] = Deferred(text=(SecretHole(secret=name),), type="secret")
    elif keyword == "network":
        scope.names[name] = NetworkValue(name=name)
    else:
        scope.names[name] = TierValue(name=name)
        world.tiers[name] = body.span
        world.pending[name] = body


# ---- parts


def _named(body: Body, keyword: str) -> Iterator[tuple[str, Body]]:
    """The blocks of a kind by name; a label that is wrong is reported where names are bound."""
    for item in body.all(keyword):
        try:
            yield item.label(), item
        except Wrong:
            continue


def _networks(body: Body) -> list[Network]:
    import ipaddress

    made: list[Network] = []
    parsed: list[tuple[int, int, int, str]] = []
    reserved = [(ipaddress.ip_network(taken), use) for taken, use in RESERVED.items()]
    for name, item in _named(body, "network"):
        network = Network(
            name=name,
            cidr=item.value("cidr", "10.0.0.0/24"),
            public=item.value("public", False),
            was=item.was(),
            span=item.span,
        )
        mine = ipaddress.ip_network(network.cidr)
        for taken, use in reserved:
            if mine.version == taken.version and mine.overlaps(taken):
                problem = f'network "{name}" has addresses of {taken}, which is reserved for {use}'
                body.found.append(lower.BadValue(span=item.where("cidr"), problem=problem, hint=PRIVATE))
                break
        low, high = int(mine.network_address), int(mine.broadcast_address)
        body.scope.world.steps(NETWORK + len(made) // 10, item.span)
        for version, first, last, other in parsed:
            if first <= high and low <= last and version == mine.version:
                body.found.append(lower.Overlap(span=item.where("cidr"), name=network.name, other=other))
                break  # one is enough to say: a loop may make thousands that overlap each other
        parsed.append((mine.version, low, high, name))
        made.append(network)
    return made


def _secrets(body: Body) -> list[Secret]:
    return [
        Secret(
            name=name,
            length=item.positive("length", 32, least=8, most=512),
            was=item.was(),
            span=item.span,
        )
        for name, item in _named(body, "secret")
    ]


def _identities(world: World, keyword: str, things: Iterable[Network | Secret | Group | Volume]) -> None:
    """Reports things of one kind that would be one thing in the cloud, by what they were called before."""
    names: dict[str, str] = {}
    for thing in things:
        other = names.setdefault(thing.was or thing.name, thing.name)
        if other != thing.name:
            world.found.append(lower.SameIdentity(span=thing.span, keyword=keyword, name=thing.name, other=other))


def _params(body: Body, choice: Choice) -> list[Param]:
    made = []
    for statement, scope in body.rest:
        if isinstance(statement, Parameter):
            kind, default = statement.type.name, choice.settings.get(statement.name.text, statement.default)
            value = None
            try:
                value = None if default is None else fits(evaluate(default, scope), kind, default.span)
                if isinstance(value, str) and default is not None and not value.isprintable():
                    _check_characters(value, default.span)
            except Wrong as wrong:
                body.found.append(wrong.diagnostic)
            made.append(
                Param(name=statement.name.text, type=kind, default=value, doc=statement.doc, span=statement.name.span)  # type: ignore[arg-type]
            )
    return made


def _check_characters(value: str, span: Span) -> None:
    """A default is held to what a value at deployment is. Raises `Wrong`."""
    import re

    allowed = len(re.match(ALLOWED, value)[0])  # type: ignore[index]
    if allowed < len(value):
        problem = f"the value of a param may have {ALLOWED_IN_WORDS}: found U+{ord(value[allowed]):04X}"
        raise bad(span, problem)


def _outputs(world: World, body: Body) -> list[Output]:
    made = []
    first: dict[str, Span] = {}
    for statement, scope in body.rest:
        if not isinstance(statement, OutputStatement):
            continue
        hint = "the name of an output cannot be computed: move it out of the `for`"
        once(first, "output", statement.name.text, statement.name.span, world.found, hint)
        try:
            value = fits(evaluate(statement.value, scope), "any", statement.value.span, deploy=True)
            text = public_text(value)
        except ValueError:
            problem = "expected a string, number or bool for an output: use join() for a list"
            world.found.append(lower.BadValue(span=statement.value.span, problem=problem))
        except Wrong as wrong:
            world.found.append(wrong.diagnostic)
        else:
            for hole in holes(text):
                if isinstance(hole, SecretHole):
                    world.found.append(lower.SecretShown(span=statement.value.span, name=hole.secret))
            made.append(Output(name=statement.name.text, value=text, doc=statement.doc, span=statement.name.span))
    return made


def _plan(world: World, body: Body) -> list[Plan]:
    plans = []
    for name in list(world.tiers):
        try:
            plan = world.plan(name)
        except Wrong as wrong:
            world.found.append(wrong.diagnostic)
            continue
        plans.append(plan)
    public = {name for name, item in _named(body, "network") if item.value("public", False)}
    for plan in plans:
        for endpoint in plan.endpoints.values():
            if endpoint.public and endpoint.network not in public:
                world.found.append(lower.NotPublicNetwork(span=endpoint.span, network=endpoint.network))
            elif endpoint.public and not endpoint.balancer and endpoint.network != plan.networks[0]:
                found = lower.PublicElsewhere(span=endpoint.span, endpoint=endpoint.name, tier=plan.name)
                world.found.append(found)
    return plans


def _groups(world: World, plans: list[Plan], body: Body, choice: Choice) -> dict[str, Lowered]:
    made = {}
    bake, said = body.value("bake", None), body.where("bake")
    cache: dict[tuple[object, ...], tuple[Built, Bake]] = {}
    for plan in plans:
        try:
            lowered = _group(world, plan, bake, said, choice.bakes.get(plan.name), cache)
        except Wrong as wrong:
            world.found.append(wrong.diagnostic)
        else:
            if lowered is not None:
                made[plan.name] = lowered
    return made


def _group(
    world: World,
    plan: Plan,
    bake: Bake | None,
    said: Span,
    instead: Bake | None,
    cache: dict[tuple[object, ...], tuple[Built, Bake]],
) -> Lowered | None:
    """A tier's group, what its image is, and what it wants of endpoints. Raises `Wrong`.

    `bake` is the solution's word; the tier's own wins, and `instead` wins over both.
    """
    body = plan.body
    world.touched = set()
    world.steps(
        TIER + MEMBER * _largest(plan) * (1 + len(list(plan.body.all("volume")))) + world.weight(body.block), body.span
    )
    template = body.value("image", None)
    touched = set(world.touched)
    connected = _connected(world, plan)
    if not isinstance(template, TemplateValue):
        return None  # reported where it was evaluated
    chosen = instead or body.value("bake", bake)
    where = body.where("bake") if body.has("bake") else said
    made = tiers.volumes(plan)
    mounts = tuple(_mount(plan.name, volume) for volume in made)
    machine = tiers.machine(body)
    built, baked = _built(template, chosen, where, world, cache, machine.architecture, volumes=bool(made))
    touched |= built.touched
    waits = {tier for tier, endpoint, _ in touched if endpoint and (tier, endpoint) not in connected} - {plan.name}
    touched |= {(*target, "") for target in connected}
    world.steps(STEP * len(built.first_boot) + len(touched), body.span)
    world.room(built.size, body.span)
    image = world.images.setdefault(built.image.digest or built.image.name, built.image)  # the same bits, one image
    signals = plan.members.count if isinstance(plan.members, Fixed) else plan.members.minimum
    group = Group(
        name=plan.name,
        doc=body.block.doc,
        members=plan.members,
        machine=machine,
        image=image.name,
        bake=baked,
        networks=plan.networks,
        spread=body.value("spread", None),
        endpoints=tuple(plan.endpoints.values()),
        volumes=made,
        update=tiers.update(plan),
        readiness=Readiness(signals=signals, timeout=body.positive("ready_within", HALF_HOUR, least=1000)),
        public_address=any(e.public and not e.balancer for e in plan.endpoints.values()),
        starts_after=tuple(sorted(waits)),
        first_boot=mounts + built.first_boot,
        was=body.was(),
        span=body.span,
    )
    return group, built, touched


def _largest(plan: Plan) -> int:
    """Members that a target writes down one by one."""
    return plan.members.count if isinstance(plan.members, Fixed) else 1


def _built(
    template: TemplateValue,
    bake: Bake | None,
    said: Span,
    world: World,
    cache: dict[tuple[object, ...], tuple[Built, Bake]],
    architecture: Architecture,
    *,
    volumes: bool,
) -> tuple[Built, Bake]:
    try:
        arguments = tuple(sorted(template.arguments.items(), key=lambda item: item[0]))
        kinds = tuple(_kind(value) for _, value in arguments)  # to Python, 1 and 1.0 and True are one key
        key = (id(template.block), arguments, kinds, bake, architecture, volumes)
        if key not in cache:
            cache[key] = build(template, bake, said, world, architecture, volumes=volumes)
        return cache[key]
    except TypeError:  # an argument that cannot be hashed, such as a map
        return build(template, bake, said, world, architecture, volumes=volumes)


def _kind(value: Value) -> object:
    return tuple(_kind(item) for item in value) if isinstance(value, tuple) else type(value)


def _connected(world: World, plan: Plan) -> set[tuple[str, str]]:
    """The endpoints of `connect`: reached, and not waited for."""
    connected = set()
    for statement, scope in plan.body.rest:
        if not isinstance(statement, Connect):
            continue
        try:
            value = fits(evaluate(statement.endpoint, scope), "endpoint", statement.endpoint.span)
        except Wrong as wrong:
            world.found.append(wrong.diagnostic)
        else:
            assert isinstance(value, EndpointValue)
            connected.add((value.tier, value.name))
    return connected


def _mount(tier: str, volume: Volume) -> Mount:
    hole = VolumeDeviceHole(group=tier, volume=volume.name)
    return Mount(
        volume=volume.name,
        device=(hole,),
        path=volume.mount,
        filesystem=volume.filesystem,
        kind="configuration",
        span=volume.span,
    )
