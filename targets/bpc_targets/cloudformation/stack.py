"""A stack while it is put together: resources by their ids, what refers to them, and what was wrong."""

from __future__ import annotations

import troposphere
from troposphere import GetAtt, If, Ref, Sub

from bpc.model.index import Index, known_as
from bpc.model.values import MemberAddressesHole, MemberAddressHole
from bpc.parts import Place
from bpc.provision.userdata import user_data
from bpc.source import where
from bpc.source_map import origin_of
from bpc_targets.cloudformation.names import logical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.deployment import Parameter
    from bpc.diagnostics.base import Diagnostic
    from bpc.model.resources import Group, NativeFile
    from bpc.model.solution import Solution
    from bpc.model.values import NativeHole
    from bpc.source_map import Declared, Origin
    from bpc.target import Options

    Json = dict[str, Any]


class Stack:
    """Collects resources, parameters and diagnostics. `index` has the model's objects by name.

    `owner`: resource id → the tier whose members it belongs to.
    `read`: tier → the secrets that it reads.
    """

    def __init__(self, solution: Solution, options: Options) -> None:
        self.solution, self.options = solution, options
        self.index = Index(solution)
        self.parameters: Json = {}
        self.asked: dict[str, Parameter] = {}
        self.read: dict[str, list[str]] = {}
        self.conditions: Json = {}
        self.rules: Json = {}
        self.resources: Json = {}
        self.outputs: Json = {}
        self.files: dict[str, str] = {}
        self.places: dict[str, Origin] = {}
        self.owner: dict[str, tuple[str, int]] = {}
        self.outgoing: list[NativeHole] = []  # what natives give, while it is worked out
        self.referred: list[tuple[str, NativeFile]] = []  # ids in files of the project, which must be there in the end
        self.found: list[Diagnostic] = []
        self.known_early = {name for group in self.index.groups.values() for name in _early(group)}

    # ids: `was` keeps those that a renamed thing had

    def known(self, tier: str) -> str:
        """The name that a tier had at first: what carries another one is replaced."""
        return known_as(self.index.groups[tier])

    def tier(self, kind: str, name: str, *parts: str | int) -> str:
        return logical(kind, self.known(name), *parts)

    def interface(self, tier: str, network: str, member: int) -> str:
        return self.tier("Interface", tier, known_as(self.index.networks[network]), member)

    def network(self, kind: str, name: str, *parts: str | int) -> str:
        return logical(kind, known_as(self.index.networks[name]), *parts)

    def secret(self, name: str) -> str:
        return logical("Secret", known_as(self.index.secrets[name]))

    def given(self, kind: str, name: str) -> str:
        """The id of a parameter or condition of a given secret."""
        return logical(kind, known_as(self.index.secrets[name]))

    def arn(self, name: str) -> Any:
        """The ARN of a secret: of one that the stack keeps, or of one that was there."""
        own = Ref(self.secret(name))
        if not self.index.secrets[name].given:
            return own
        return If(self.given("New", name), own, Ref(self.given("Arn", name)))

    def balancer(self, kind: str, name: str) -> str:
        tier, _, endpoint = name.partition(".")
        return self.tier(kind, tier, endpoint)

    def endpoint(self, kind: str, tier: str, name: str) -> str:
        """The id of something of an endpoint, such as its listener."""
        return self.tier(kind, tier, *self.index.known_endpoint(tier, name))

    def add(
        self, name: str, kind: type[troposphere.AWSObject], of: Declared, **properties: Any
    ) -> troposphere.AWSObject:
        """A resource with what declared it. `properties` may have attributes such as DependsOn."""
        place = origin_of(of)
        made = kind(name, Metadata={"bpc": where(place.span)}, **properties)
        assert name not in self.places, f"two resources would be {name}"
        self.resources[name] = {"Properties": {}, **made.to_dict()}
        self.places[name] = place
        return made

    def ask(self, parameter: Parameter, definition: Json) -> None:
        """A parameter of the stack, as data and as the template has it."""
        self.asked[parameter.name] = parameter
        self.parameters[parameter.name] = definition

    def tags(self, name: str, tier: str = "", **more: Any) -> Any:
        """Tags of a resource that can have them: its name, the solution, the tier that it belongs to, and what the blueprint says."""
        own = {"Name": name, "bpc:solution": self.solution.name}
        return troposphere.Tags({**own, **({"bpc:tier": tier} if tier else {}), **more, **self.marked(tier)})

    def server(self, name: str) -> Any:
        """The name of a machine, among those of other stacks."""
        return Sub(f"${{AWS::StackName}}-{name}")

    def marked(self, tier: str = "") -> dict[str, str]:
        """The blueprint's own tags, of a tier or of what belongs to none."""
        return {tag.name: tag.value for tag in (self.index.groups[tier] if tier else self.solution).tags}


def ref(name: str) -> Any:
    return Ref(name)


def attr(name: str, attribute: str) -> Any:
    return GetAtt(name, attribute)


def _early(group: Group) -> set[str]:
    """Groups whose members' addresses a group's first boot has without waiting for them: its own, and those it connects to."""
    found = (part.hole for part in user_data(group, ()) if isinstance(part, Place))
    held = {hole.group for hole in found if isinstance(hole, MemberAddressHole | MemberAddressesHole)}
    return held - set(group.starts_after)
