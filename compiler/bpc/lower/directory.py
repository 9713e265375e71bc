"""The tiers of a solution, as expressions and one another ask for them. Each is planned when it is first asked for."""

from __future__ import annotations

from bpc.diagnostics import lower, resolve
from bpc.diagnostics.base import did_you_mean
from bpc.language.coerce import EvaluationError, invalid
from bpc.language.types import article
from bpc.language.values import Deferred, EndpointHost, EndpointValue, Hosts, MemberValue, TierValue, Value, type_name
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
        self.plans: dict[str, TierOutline] = {}
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
        self.plans.clear()
        self._pending.clear()

    def plan(self, name: str) -> TierOutline:
        """A tier's plan. Raises `EvaluationError` where the tier's own plan needs it, and where it was left out for a mistake."""
        if name in self._busy:
            raise EvaluationError(lower.LetCycle(span=self.spans[name], name=name))
        if name not in self.plans:
            body = self._pending.pop(name, None)
            if body is None:
                raise EvaluationError(None)
            self._busy.add(name)
            try:
                with self._context.recording():
                    self.plans[name] = outline_tier(name, body)
            finally:
                self._busy.discard(name)
        return self.plans[name]

    def named(self, name: str, span: Span) -> TierValue:
        """`tier(name)`. Raises `EvaluationError`."""
        if name not in self.spans:
            hint = did_you_mean(name, self.spans)
            raise EvaluationError(resolve.UnknownName(span=span, name=name, hint=hint) if self.complete else None)
        return TierValue(name=name)

    def member_of(self, tier: str, index: int, span: Span) -> MemberValue:
        """`tier[index]`. Raises `EvaluationError`."""
        members = self.plan(tier).members
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
            plan = self.plan(target.name)
            known, whole = (*plan.endpoints, "hosts"), plan.body.whole
            if name in plan.endpoints:
                self._context.touch(((target.name, name, ""),))
                return EndpointValue(tier=target.name, name=name)
            if name == "hosts":
                self._context.touch(((target.name, "", "hosts"),))
                return self._hosts(target.name, plan.networks[0])
        elif isinstance(target, MemberValue):
            known = ("host",)
            if name == "host":
                self._context.touch(((target.tier, "", "hosts"),))
                return self._member(target.tier, target.index, self.plan(target.tier).networks[0])
        elif isinstance(target, EndpointValue):
            known = ("host", "hosts", "port", "protocol")
            if name in known:
                self._context.touch(((target.tier, target.name, name),))
                return self._endpoint(target, name, span)
        if not whole:
            raise EvaluationError(None)
        from bpc.language.hints import meant_member

        tier = target.name if isinstance(target, TierValue) else getattr(target, "tier", "")
        hint = meant_member(type_name(target), tier, known, name)
        raise EvaluationError(resolve.UnknownMember(span=span, what=_what(target), name=name, hint=hint))

    def _endpoint(self, target: EndpointValue, name: str, span: Span) -> Value:
        plan = self.plan(target.tier)
        endpoint = plan.endpoints[target.name]
        if name == "port":
            return endpoint.port
        if name == "protocol":
            return endpoint.protocol
        if name == "hosts":
            return self._hosts(target.tier, endpoint.network)
        return self._host(plan, endpoint, span)

    def _host(self, plan: TierOutline, endpoint: Endpoint, span: Span) -> Value:
        """The one address of an endpoint, with its public one where there is one."""
        private: Hole
        if endpoint.balancer:
            private = BalancerAddressHole(balancer=endpoint.balancer)
            public = PublicAddressHole(owner=endpoint.balancer, member=None)
        elif plan.members == Fixed(count=1):
            private = MemberAddressHole(group=plan.name, network=endpoint.network, member=0)
            public = PublicAddressHole(owner=plan.name, member=0)
        else:
            told = lower.NeedsBalance(span=span, tier=plan.name, endpoint=endpoint.name)
            raise EvaluationError(told if plan.sound else None)
        host = EndpointHost(private=private, public=public) if endpoint.public else private
        return Deferred(text=(host,), type="string")

    def _hosts(self, tier: str, network: str) -> Hosts:
        members = self.plan(tier).members
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
