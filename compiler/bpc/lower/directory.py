"""The tiers of a solution, as expressions and one another ask for them. Each is outlined when it is first asked for."""

from __future__ import annotations

from bpc.diagnostics import lower, resolve
from bpc.diagnostics.base import did_you_mean
from bpc.language.coerce import EvaluationError, invalid
from bpc.language.types import article
from bpc.language.values import Deferred, EndpointHost, EndpointValue, Hosts, MemberValue, TierValue, Value, type_name
from bpc.lower.ports import asked
from bpc.lower.tiers import outline_tier
from bpc.model.resources import Fixed
from bpc.model.values import BalancerAddressHole, MemberAddressHole, PublicAddressHole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from bpc.lower.block_reader import BlockReader
    from bpc.lower.context import Context
    from bpc.lower.tiers import TierOutline
    from bpc.model.resources import Endpoint
    from bpc.model.values import Hole
    from bpc.source import Span


class Tiers:
    """All tiers by name. `complete` where none is missing for a mistake that was told."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.outlines: dict[str, TierOutline] = {}
        self._pending: dict[str, BlockReader] = {}
        self._busy: set[str] = set()
        self.spans: dict[str, Span] = {}
        self.complete = True

    def declare(self, name: str, body: BlockReader) -> None:
        """Enters a tier."""
        self.spans[name] = body.span
        self._pending[name] = body

    def order(self, names: Iterable[str]) -> None:
        """Says in which order the tiers stand in the text."""
        self.spans = {name: self.spans[name] for name in names}

    def close(self) -> None:
        """Lets go of the tree, which readers of blocks keep alive: of a large blueprint, it is most of the memory."""
        self.outlines.clear()
        self._pending.clear()

    def outline(self, name: str) -> TierOutline:
        """A tier's outline. Raises `EvaluationError` where the tier's own outline needs it, and where it was left out for a mistake."""
        if name in self._busy:
            raise EvaluationError(lower.LetCycle(span=self.spans[name], name=name))
        if name not in self.outlines:
            body = self._pending.pop(name, None)
            if body is None:
                raise EvaluationError(None)
            self._busy.add(name)
            try:
                with self._context.recording():
                    self.outlines[name] = outline_tier(name, body)
            finally:
                self._busy.discard(name)
        return self.outlines[name]

    def named(self, name: str, span: Span) -> TierValue:
        """`tier(name)`. Raises `EvaluationError`."""
        if name not in self.spans:
            hint = did_you_mean(name, self.spans)
            raise EvaluationError(resolve.UnknownName(span=span, name=name, hint=hint) if self.complete else None)
        return TierValue(name=name)

    def member_of(self, tier: str, index: int, span: Span) -> MemberValue:
        """`tier[index]`. Raises `EvaluationError`."""
        members = self.outline(tier).members
        if not isinstance(members, Fixed):
            raise invalid(
                span, f'the members of "{tier}" come and go: none of them can be named', "use a number as its `count`"
            )
        if not 0 <= index < members.count:
            raise invalid(span, f'"{tier}" has {members.count} members, numbered from 0')
        return MemberValue(tier=tier, index=index)

    def attribute(self, target: Value, name: str, span: Span) -> Value:
        """`target.name` of tiers, members and endpoints. Raises `EvaluationError`."""
        known: tuple[str, ...] = ()
        whole = True
        if isinstance(target, TierValue):
            outline = self.outline(target.name)
            known, whole = (*outline.endpoints, "hosts"), outline.body.whole
            if name in outline.endpoints:
                self._context.touch(((target.name, name, ""),))
                return EndpointValue(tier=target.name, name=name)
            if name == "hosts":
                self._context.touch(((target.name, "", "hosts"),))
                return self._hosts(target.name, outline.networks[0])
        elif isinstance(target, MemberValue):
            known = ("host",)
            if name == "host":
                self._context.touch(((target.tier, "", "hosts"),))
                return self._member(target.tier, target.index, self.outline(target.tier).networks[0])
        elif isinstance(target, EndpointValue):
            known = ("host", "hosts", "port", "last_port", "member_port", "protocol")
            if name in known:
                self._context.touch(((target.tier, target.name, name),))
                if name.endswith("port"):
                    place = asked(self.outline(target.tier).endpoints[target.name], name, span)
                    self._context.touch(((target.tier, target.name, place),) if place else ())
                return self._endpoint(target, name, span)
        if not whole:
            raise EvaluationError(None)
        from bpc.language.hints import meant_member

        tier = target.name if isinstance(target, TierValue) else getattr(target, "tier", "")
        hint = meant_member(type_name(target), tier, known, name)
        raise EvaluationError(resolve.UnknownMember(span=span, what=_what(target), name=name, hint=hint))

    def _endpoint(self, target: EndpointValue, name: str, span: Span) -> Value:
        outline = self.outline(target.tier)
        endpoint = outline.endpoints[target.name]
        if name.endswith("port") and endpoint.protocol == "icmp":
            raise invalid(span, f'"{target.tier}.{target.name}" has no port: its protocol is icmp')
        if name == "port":
            return endpoint.port
        if name == "last_port":
            return endpoint.last_port
        if name == "member_port":
            return endpoint.member_port
        if name == "protocol":
            return endpoint.protocol
        if name == "hosts":
            return self._hosts(target.tier, endpoint.network)
        return self._host(outline, endpoint, span)

    def _host(self, outline: TierOutline, endpoint: Endpoint, span: Span) -> Value:
        """The one address of an endpoint, with its public one where there is one."""
        private: Hole
        if endpoint.balancer:
            private = BalancerAddressHole(endpoint=f"{outline.name}.{endpoint.name}")
            public = PublicAddressHole(owner=endpoint.balancer, member=None)
        elif outline.members == Fixed(count=1):
            private = MemberAddressHole(group=outline.name, network=endpoint.network, member=0)
            public = PublicAddressHole(owner=outline.name, member=0)
        else:
            told = lower.NeedsBalance(span=span, tier=outline.name, endpoint=endpoint.name)
            raise EvaluationError(told if outline.sound else None)
        host = EndpointHost(private=private, public=public) if endpoint.public else private
        return Deferred(text=(host,), type="string")

    def _hosts(self, tier: str, network: str) -> Hosts:
        members = self.outline(tier).members
        return Hosts(tier=tier, network=network, count=members.count if isinstance(members, Fixed) else None)

    def _member(self, tier: str, index: int, network: str) -> Deferred:
        return Deferred(text=(MemberAddressHole(group=tier, network=network, member=index),), type="string")


def _what(target: Value) -> str:
    """A value in a sentence: tiers and endpoints by name, others by their type."""
    if isinstance(target, TierValue):
        return f'tier "{target.name}"'
    if isinstance(target, EndpointValue):
        return f'endpoint "{target.tier}.{target.name}"'
    return article(type_name(target))
