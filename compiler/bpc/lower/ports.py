"""The two ports of a balanced endpoint: the balancer's goes with `.host`, the members' with `.hosts`. Who mixes them is told."""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from bpc.lower.context import Context, Touch
    from bpc.model.resources import Endpoint
    from bpc.source import Span


class PortAsked(Record):
    """The place where an endpoint is asked for one of two ports that differ. It is recorded beside the name of what is asked."""

    name: str
    ports: tuple[int, int]
    span: Span


def last_port(endpoint: Endpoint) -> int:
    """The last port on which the members listen."""
    return endpoint.member_port if endpoint.port == endpoint.last_port else endpoint.last_port


def asked(endpoint: Endpoint, name: str, span: Span) -> PortAsked | None:
    """What is recorded where an endpoint is asked for `name`: nothing where there is but one port."""
    if name not in ("port", "member_port") or endpoint.port == endpoint.member_port:
        return None
    return PortAsked(name=name, ports=(endpoint.port, endpoint.member_port), span=span)


def tell_mixed(context: Context, users: Iterable[tuple[Set[Touch], str]]) -> None:
    """Tells each place once where a port is asked for with the other's address. `users` are what tiers have asked, with their
    names, or outputs."""
    found = {wrong.span: wrong for touched, own in users for wrong in _mixed(touched, own)}
    for wrong in sorted(found.values(), key=lambda wrong: (wrong.span.source.name, wrong.span.start)):
        context.report(wrong)


def _mixed(touched: Set[Touch], own: str) -> Iterator[lower.OtherPort]:
    """One port is wrong with none but the other's address. A tier listens on the members' port of its own endpoint."""
    for tier, endpoint, what in touched:
        if not isinstance(what, PortAsked):
            continue
        host, port, member_port, hosts = (
            (tier, endpoint, name) in touched for name in ("host", "port", "member_port", "hosts")
        )
        members = hosts or (tier, "", "hosts") in touched or tier == own
        listening, inside = what.ports
        if what.name == "port" and members and not host and not member_port:
            who = f'the members of tier "{tier}" listen'
            numbers = {"port": listening, "other": inside, "instead": "member_port"}
        elif what.name == "member_port" and host and not members and not port:
            who = "its balancer listens"
            numbers = {"port": inside, "other": listening, "instead": "port"}
        else:
            continue
        yield lower.OtherPort(span=what.span, asked=f"{tier}.{endpoint}.{what.name}", who=who, **numbers)  # type: ignore[arg-type]
