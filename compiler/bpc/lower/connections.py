"""Who may reach whom, and who waits for whom: both follow from the endpoints that tiers were handed."""

from __future__ import annotations

from bpc.diagnostics import lower, resolve
from bpc.diagnostics.base import did_you_mean
from bpc.language.coerce import EvaluationError, coerce
from bpc.language.functions import private_text
from bpc.language.types import parse
from bpc.language.values import SecurityGroup, TierValue
from bpc.lower.evaluate import evaluate
from bpc.lower.ports import last_port
from bpc.model.resources import FromAnywhere, FromBalancer, FromCidr, FromExisting, FromGroup, Group, Peer, Rule
from bpc.syntax.tree import Allow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from bpc.diagnostics.base import Diagnostic
    from bpc.lower.context import Context, Touch
    from bpc.lower.directory import Tiers
    from bpc.lower.tiers import TierOutline
    from bpc.model.resources import Endpoint
    from bpc.source import Span


CIDRS = parse("cidr | list(cidr)")
RULE = 100
"""Steps of what the targets make of a permission."""


def rules(
    context: Context, outlines: list[TierOutline], touched: Mapping[str, Set[Touch]], unreached: dict[Span, Diagnostic]
) -> list[Rule]:
    """All permissions, tier by tier and endpoint by endpoint, in the order of declaration. `unreached` gets what is to be told of
    endpoints that nobody may reach, of each place once, if no mistake hides who is handed what."""
    handed: dict[tuple[str, str], list[str]] = {}
    for user, touches in touched.items():
        for target in {(tier, endpoint) for tier, endpoint, _ in touches}:
            handed.setdefault(target, []).append(user)
    made: list[Rule] = []
    for outline in outlines:
        allowed = _allowed(context, outline)
        opened: dict[tuple[object, ...], Rule] = {}
        for endpoint in outline.endpoints.values():
            users = [
                user
                for user in handed.get((outline.name, endpoint.name), [])
                if user != outline.name or not _port_alone(outline, endpoint, touched[user])
            ]
            members = [user for user in users if endpoint.balancer and _members(outline, endpoint, touched[user])]
            others = [user for user in users if not endpoint.balancer or _balancer(outline, endpoint, touched[user])]
            peers = _peers(outline, endpoint, others, allowed)
            context.steps(RULE * (len(peers) + len(members) + 1), endpoint.span)
            # two endpoints may lead to one port of the members
            if endpoint.name in outline.peers and outline.name not in members:
                members.append(outline.name)
            if not peers and not members:
                told = lower.NobodyComes(span=endpoint.span, tier=outline.name, endpoint=endpoint.name)
                unreached.setdefault(endpoint.span, told)
            for rule in _endpoint_rules(outline, endpoint, peers, members):
                opened.setdefault((rule.peer, rule.to, rule.protocol, rule.port, rule.last_port), rule)
        made += opened.values()
    return made


def _port_alone(outline: TierOutline, endpoint: Endpoint, touches: Set[Touch]) -> bool:
    """Whether a user asks only on which port the members listen: a tier itself to listen there, others to reach them."""
    others = ("host", "hosts", "port")
    return (outline.name, endpoint.name, "member_port") in touches and not any(
        (outline.name, endpoint.name, other) in touches for other in others
    )


def _members(outline: TierOutline, endpoint: Endpoint, touches: Set[Touch]) -> bool:
    """Whether a user reaches the members behind a balancer: it asks for their addresses, at the endpoint or at the tier, or for
    their port alone."""
    if (outline.name, endpoint.name, "hosts") in touches or _port_alone(outline, endpoint, touches):
        return True
    return (outline.name, "", "hosts") in touches and (outline.name, endpoint.name, "host") not in touches


def _balancer(outline: TierOutline, endpoint: Endpoint, touches: Set[Touch]) -> bool:
    """Whether a user reaches the balancer: not where it asks the endpoint for its members' addresses alone, or their port."""
    if (outline.name, endpoint.name, "host") in touches:
        return True
    return (outline.name, endpoint.name, "hosts") not in touches and not _port_alone(outline, endpoint, touches)


def _peers(
    outline: TierOutline, endpoint: Endpoint, users: list[str], allowed: dict[str, list[tuple[Peer, Span]]]
) -> dict[Peer, Span]:
    peers: dict[Peer, Span] = dict.fromkeys(outline.audiences[endpoint.name], endpoint.span)
    for user in users:
        peers[FromGroup(group=user)] = endpoint.span
    for peer, span in allowed.get(endpoint.name, ()):
        peers.setdefault(peer, span)
    return peers


def _endpoint_rules(
    outline: TierOutline, endpoint: Endpoint, peers: dict[Peer, Span], members: list[str]
) -> Iterator[Rule]:
    """`peers` reach the endpoint's balancer where it has one; the tiers of `members` pass it by."""
    for peer, span in peers.items():
        yield _rule(outline, endpoint, peer, span, balanced=bool(endpoint.balancer))
    for user in members:
        yield _rule(outline, endpoint, FromGroup(group=user), endpoint.span, balanced=False)
    if endpoint.balancer:
        yield _rule(outline, endpoint, FromBalancer(balancer=endpoint.balancer), endpoint.span, balanced=False)


def _rule(outline: TierOutline, endpoint: Endpoint, peer: Peer, span: Span, *, balanced: bool) -> Rule:
    return Rule(
        peer=peer,
        to=endpoint.balancer if balanced else outline.name,
        balancer=balanced,
        endpoint=endpoint.name,
        protocol=endpoint.protocol if endpoint.protocol in ("udp", "icmp") else "tcp",
        port=endpoint.port if balanced else endpoint.member_port,
        last_port=endpoint.port if balanced else last_port(endpoint),
        span=span,
    )


def _allowed(context: Context, outline: TierOutline) -> dict[str, list[tuple[Peer, Span]]]:
    """The peers of `allow` by endpoint."""
    allowed: dict[str, list[tuple[Peer, Span]]] = {}
    for statement, scope in outline.body.rest:
        if not isinstance(statement, Allow):
            continue
        name = statement.endpoint.text
        if name not in outline.endpoints:
            hint = did_you_mean(name, outline.endpoints)
            what = f'tier "{outline.name}"'
            if outline.sound:
                context.report(resolve.UnknownMember(span=statement.endpoint.span, what=what, name=name, hint=hint))
            continue
        if FromAnywhere() in outline.audiences[name]:
            context.report(lower.EveryoneMayCome(span=statement.span, tier=outline.name, endpoint=name))
        try:
            value = evaluate(statement.origin, scope)
            if isinstance(value, TierValue):
                peers: list[Peer] = [FromGroup(group=value.name)]
            elif isinstance(value, SecurityGroup):
                peers = [FromExisting(security_group=value.name)]
            else:
                fitting = coerce(value, CIDRS, statement.origin.span, deploy=True)
                items = fitting if isinstance(fitting, tuple) else (fitting,)
                peers = [FromCidr(cidr=private_text(item)) for item in items]
        except EvaluationError as wrong:
            context.fail(wrong)
        else:
            allowed.setdefault(name, []).extend((peer, statement.span) for peer in peers)
    return allowed


def start_order(tiers: Tiers, context: Context, groups: list[Group]) -> None:
    """Reports each circle of tiers that wait for each other, once."""
    after = {group.name: group.starts_after for group in groups}
    spans = {group.name: group.span for group in groups}
    done: set[str] = set()
    for name in after:
        cycle = _cycle(name, after, done)
        if cycle:
            outline = tiers.outline(cycle[1])
            endpoint = f"{cycle[1]}.{next(iter(outline.endpoints))}"
            shown = " -> ".join(cycle)
            context.report(lower.StartCycle(span=spans[cycle[0]], cycle=shown, endpoint=endpoint, tier=cycle[0]))


def _cycle(start: str, after: dict[str, tuple[str, ...]], done: set[str]) -> list[str]:
    """The first circle that is reached from `start`; marks what was visited. Iterative: chains may be long."""
    if start in done:
        return []
    path, waiting = [start], [iter(after[start])]
    on_path = {start}
    while path:
        following = next(waiting[-1], None)
        if following is None:
            waiting.pop()
            left = path.pop()
            on_path.discard(left)
            done.add(left)
        elif following in on_path:
            done.update(on_path)
            return [*path[path.index(following) :], following]
        elif following not in done and following in after:
            path.append(following)
            on_path.add(following)
            waiting.append(iter(after[following]))
    return []
