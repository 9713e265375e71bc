"""What the parts of a solution know of each other while it is lowered: modules, tiers, endpoints, files."""

from __future__ import annotations

from bpc.check.secrets import secrets_in
from bpc.diagnostics import lower, resolve
from bpc.diagnostics.base import did_you_mean
from bpc.lower.budget import SCALARS, Spent
from bpc.lower.scope import Lazy, Scope
from bpc.lower.types import Wrong, article, bad
from bpc.lower.values import (
    Deferred,
    EndpointHost,
    EndpointValue,
    Hosts,
    MemberValue,
    ModuleValue,
    TemplateValue,
    TierValue,
    Value,
    type_name,
)
from bpc.model.resources import Fixed
from bpc.model.values import BalancerAddressHole, MemberAddressHole, PublicAddressHole
from bpc.source import Source
from bpc.syntax.tree import Block, Let

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.lower.body import Body
    from bpc.lower.budget import Budget
    from bpc.lower.tiers import Plan
    from bpc.model.resources import Endpoint
    from bpc.model.steps import Image
    from bpc.model.values import Hole, Text
    from bpc.resolve.program import Program
    from bpc.source import Span
    from bpc.syntax.tree import Node

    Content = Text | bytes
    Touch = tuple[str, str, str]
    """(tier, endpoint, what of it, or nothing where it is only mentioned). Without an endpoint: the members of the tier."""
    Bytes = Callable[[str, str, Span], "tuple[str, bytes] | Diagnostic"]
    Texts = Callable[[str, str, Span], "Source | Diagnostic"]


CHARACTERS = 3
"""Characters of source that are at least one part of the tree."""


class World:
    """One lowering. `touched` collects what expressions want of endpoints, `used` the image templates that were built."""

    def __init__(self, program: Program, read_bytes: Bytes, read_text: Texts, budget: Budget) -> None:
        self.program = program
        self.budget = budget
        self.templates: dict[Source, Any] = {}
        self.jinja: Any = None
        self._bytes, self._text = read_bytes, read_text
        self.found: list[Diagnostic] = []
        self.touched: set[Touch] = set()
        self.plans: dict[str, Plan] = {}
        self.pending: dict[str, Body] = {}
        self.tiers: dict[str, Span] = {}
        self.forced = 0
        self.scopes: dict[str, Scope] = {}
        self.images: dict[str, Image] = {}
        self.searched: set[str] = set()
        self.inserted: set[str] = set()
        self.used: set[int] = set()

    def close(self) -> None:
        """Lets go of the tree, which scopes would keep alive: of a large blueprint, it is most of the memory."""
        del self.program
        self.plans.clear()
        self.pending.clear()

    # ---- what it costs

    def weight(self, node: Node) -> int:
        """About the parts that a piece of the tree has: what it takes to go through it once."""
        return 1 + (node.span.end - node.span.start) // CHARACTERS

    def steps(self, number: int, span: Span) -> None:
        """Charges for something at a place. Raises `Spent`."""
        try:
            self.budget.steps(number)
        except Spent as spent:
            raise spent.at(span) from None

    def room(self, size: int, span: Span) -> None:
        """Charges for bytes at a place. Raises `Spent`."""
        try:
            self.budget.bytes(size)
        except Spent as spent:
            raise spent.at(span) from None

    def passing(self, value: Any, span: Span) -> Any:
        """The value, after it was charged for being made or looked through at a place. Raises `Spent`."""
        if type(value) not in SCALARS:
            try:
                self.budget.value(value)
            except Spent as spent:
                raise spent.at(span) from None
        return value

    # ---- files

    def bytes(self, path: str, span: Span) -> tuple[str, bytes]:
        """(name, content) of a project file that is named at `span`, relative to the file there. Raises `Wrong`."""
        answer = self._bytes(span.source.name, path, span)
        if not isinstance(answer, tuple):
            raise Wrong(answer)
        return answer

    def text(self, path: str, span: Span) -> Source:
        """The same for a text."""
        answer = self._text(span.source.name, path, span)
        if not hasattr(answer, "text") or hasattr(answer, "code"):
            raise Wrong(answer)  # type: ignore[arg-type]
        self.search(answer)
        return answer

    def content(self, path: str, span: Span) -> tuple[str, Content]:
        """(name, content) of a project file, as a text where it is one. Raises `Wrong`."""
        name, content = self.bytes(path, span)
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return name, content
        self.search(Source(name, text))
        return name, content if "\0" in text or "\r" in text else (text,)

    def search(self, source: Source) -> None:
        """Warns of what looks like a secret in a file, once for each file."""
        if source.name not in self.searched:
            self.searched.add(source.name)
            self.found += secrets_in(source)

    def read_function(self, name: str, arguments: list[Value], span: Span) -> Value:
        """`file(path)` and `template(path, map)`."""
        source = self.text(str(arguments[0]), span)
        if name == "file":
            return source.text
        from bpc.lower.functions import from_text
        from bpc.lower.templates import render

        variables = arguments[1]
        assert isinstance(variables, dict)
        return from_text(render(source, variables, self))

    # ---- modules

    def module(self, name: str) -> Scope:
        """The scope of a file: its aliases, `let`s and images."""
        if name not in self.scopes:
            module = self.program.modules[name]
            scope = Scope(self, {alias: ModuleValue(name=path) for alias, path in module.aliases.items()})
            self.scopes[name] = scope
            for declared, statement in module.declared.items():
                if isinstance(statement, Let):
                    scope.names[declared] = Lazy(expression=statement.value, scope=scope)
                elif isinstance(statement, Block):
                    template = TemplateValue(file=name, block=statement, arguments={}, places={}, span=statement.span)
                    scope.names[declared] = template
        return self.scopes[name]

    def member(self, module: str, name: str, span: Span) -> Value:
        return self.module(module).lookup(name, span)

    # ---- tiers

    def plan(self, name: str) -> Plan:
        """A tier's plan, made when it is first asked for. Raises `Wrong` where the tier's own plan needs it."""
        if name not in self.plans:
            from bpc.lower.tiers import plan_tier

            body = self.pending.pop(name, None)
            if body is None:
                raise Wrong(lower.LetCycle(span=self.tiers[name], name=name))
            touched, self.touched = self.touched, set()
            try:
                self.plans[name] = plan_tier(name, body, self)
            finally:
                self.touched = touched  # what a plan asks for is nothing that the one who asks for the plan was handed
        return self.plans[name]

    def tier_named(self, name: str, span: Span) -> TierValue:
        if name not in self.tiers:
            hint = did_you_mean(name, self.tiers)
            raise Wrong(resolve.UnknownName(span=span, name=name, hint=hint))
        return TierValue(name=name)

    def member_of(self, tier: str, index: int, span: Span) -> MemberValue:
        members = self.plan(tier).members
        if not isinstance(members, Fixed):
            raise bad(
                span, f'the members of "{tier}" come and go: none of them can be named', "use a number as its `count`"
            )
        if not 0 <= index < members.count:
            raise bad(span, f'"{tier}" has {members.count} members, numbered from 0')
        return MemberValue(tier=tier, index=index)

    def attribute(self, target: Value, name: str, span: Span) -> Value:
        """`target.name` of tiers, members and endpoints. Raises `Wrong`."""
        known: tuple[str, ...] = ()
        if isinstance(target, TierValue):
            plan = self.plan(target.name)
            known = (*plan.endpoints, "hosts")
            if name in plan.endpoints:
                self.touched.add((target.name, name, ""))
                return EndpointValue(tier=target.name, name=name)
            if name == "hosts":
                self.touched.add((target.name, "", "hosts"))
                return self._hosts(target.name, plan.networks[0])
        elif isinstance(target, MemberValue):
            known = ("host",)
            if name == "host":
                self.touched.add((target.tier, "", "hosts"))
                return self._member(target.tier, target.index, self.plan(target.tier).networks[0])
        elif isinstance(target, EndpointValue):
            known = ("host", "hosts", "port", "protocol")
            if name in known:
                self.touched.add((target.tier, target.name, name))
                return self._endpoint(target, name, span)
        from bpc.lower.hints import meant_member

        tier = target.name if isinstance(target, TierValue) else getattr(target, "tier", "")
        hint = meant_member(type_name(target), tier, known, name)
        raise Wrong(resolve.UnknownMember(span=span, what=_what(target), name=name, hint=hint))

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

    def _host(self, plan: Plan, endpoint: Endpoint, span: Span) -> Value:
        """The one address of an endpoint, with its public one where there is one."""
        private: Hole
        if endpoint.balancer:
            private = BalancerAddressHole(balancer=endpoint.balancer)
            public = PublicAddressHole(owner=endpoint.balancer, member=None)
        elif plan.members == Fixed(count=1):
            private = MemberAddressHole(group=plan.name, network=endpoint.network, member=0)
            public = PublicAddressHole(owner=plan.name, member=0)
        else:
            raise Wrong(lower.NeedsBalance(span=span, tier=plan.name, endpoint=endpoint.name))
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
