"""A HOT template while it is put together, and the names of everything in it.

Logical ids are `kind.declared.names`: declared names have no dots, so ids never collide and depend on nothing else.
"""

from __future__ import annotations

from bpc.deployment import Parameter
from bpc.model.constraints import broken
from bpc.model.index import Index, known_as
from bpc.record import replace
from bpc.source import where
from bpc.source_map import Places
from bpc.yaml import entry
from bpc_targets.heat import diagnostics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from bpc.deployment import Source
    from bpc.diagnostics.base import Diagnostic
    from bpc.model.resources import NativeFile, Tag
    from bpc.model.solution import Solution
    from bpc.model.values import NativeHole, PublicAddressHole
    from bpc.source_map import Declared
    from bpc.target import Options
    from bpc_targets.heat.userdata import FirstBoot

    Json = dict[str, Any]
    Pieces = tuple[str, tuple[tuple[int, str], ...]]

VERSION = "2016-10-14"
"""The lowest version with conditions, which the key pair and the alarms need."""

TAKES = {"boolean": ("boolean",), "number": ("number",), "string": ("string", "number")}
"""Types of a parameter → types of what the user may give for it: a name of digits is a number in YAML."""
ATTEMPT = "attempt"
"""The parameter that makes every group's definition new: where it is the one that was last completed, Heat rolls nothing."""


class Stack:
    """Collects the root template, nested files and what was wrong. `index` has the model's objects by name.

    `declared`: the blueprint's parameters, without those whose names were found to be the target's own.
    """

    def __init__(self, solution: Solution, options: Options) -> None:
        self.solution, self.options = solution, options
        self.index = Index(solution)
        self.parameters: Json = {}
        self.asked: dict[str, Parameter] = {}
        self.declared = dict(self.index.params)
        self.resources: dict[str, str] = {}
        self.outputs: Json = {}
        self.conditions: Json = {}
        self.files: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.places = Places()
        self.members: dict[str, Pieces] = {}  # members' templates that were written, without places
        self.first_boots: dict[tuple[int, str], FirstBoot] = {}
        self.admitted: set[tuple[str, str, int, int, str]] = (
            set()
        )  # what members admit: tier, protocol, ports, addresses
        self.lacking: dict[str, str] = {}  # tiers for which no flavor is known: why
        self.awaited: frozenset[str] = frozenset()  # tiers of which an update awaits each new member
        self.overrides = {item.name: item for item in self.index.overrides if item.file.cloud == "heat"}
        self.overridden: set[str] = set()
        self.outgoing: list[NativeHole] = []  # what natives give, while it is worked out
        self.referred: list[tuple[str, NativeFile]] = []  # ids in files, which must be there in the end
        self.found: list[Diagnostic] = []

    # `was` keeps the ids that a renamed thing had

    def tier(self, name: str) -> str:
        return known_as(self.index.groups[name])

    def network(self, name: str) -> str:
        return known_as(self.index.networks[name])

    def net(self, name: str) -> Json:
        """A network as a property's value: one of the stack, or one that is there."""
        return self._network("network", name, "neutron.network")

    def subnet(self, name: str) -> Json:
        return self._network("subnet", name, "neutron.subnet")

    def _network(self, kind: Source, name: str, constraint: str) -> Json:
        if not self.index.networks[name].existing:
            return get(f"{kind}.{self.network(name)}")
        return self.there(kind, f"{kind}_{self.network(name)}", f"network {name}", constraint)

    def there(self, source: Source, parameter: str, use: str, constraint: str) -> Json:
        """Something that is in the cloud, by a parameter; who needs it first asks for it, as Heat has no unused ones."""
        return self.needed(source, parameter, f"of {use}", {"custom_constraint": constraint})

    def needed(self, source: Source, parameter: str, use: str, *constraints: Json, tiers: tuple[str, ...] = ()) -> Json:
        """The same with all that its value must be."""
        if parameter not in self.asked:
            words = f"The {source} {use}, which the stack uses and does not change."
            definition = {"type": "string", "description": words, "constraints": list(constraints)}
            self.own(Parameter(name=parameter, source=source, value=None, tiers=tiers, why=use), definition)
        return param(parameter)

    def zone(self, name: str) -> Json:
        """What the cloud calls an availability zone of the blueprint, by a parameter."""
        parameter = f"zone_{name}"
        if parameter not in self.asked:
            definition = {"type": "string", "description": f"The availability zone that the blueprint calls {name}."}
            self.own(
                Parameter(name=parameter, source="zone", value=None, tiers=(), why=f"the blueprint calls it {name}"),
                definition,
            )
        return param(parameter)

    def cidr(self, name: str) -> str | Json:
        """A network's addresses, which rules need; of one that is there, a parameter where the blueprint does not say them."""
        said = self.index.networks[name].cidr
        return said or self.there("addresses", f"cidr_{self.network(name)}", f"network {name}", "net_cidr")

    def interfaces(self, name: str) -> list[str]:
        """The id of a network's interface on a router, which what has an address outside waits for; an existing one has its own."""
        return [] if self.index.networks[name].existing else [f"interface.{self.network(name)}"]

    def is_reserved(self, hole: PublicAddressHole) -> bool:
        """Whether a public address is there already."""
        if hole.member is None:
            return self.index.balancers[hole.owner].existing_address
        return self.index.groups[hole.owner].existing_address

    def secret(self, name: str) -> str:
        return known_as(self.index.secrets[name])

    def secret_parameter(self, name: str) -> str:
        """The parameter in which a given secret comes."""
        return f"secret_{self.secret(name)}"

    def balancer(self, name: str) -> str:
        tier, _, endpoint = name.partition(".")
        return f"{self.tier(tier)}.{endpoint}"

    def known_endpoint(self, tier: str, name: str) -> str:
        """An endpoint in the ids of what is its own, within its tier."""
        return ".".join(map(str, self.index.known_endpoint(tier, name)))

    def endpoint(self, tier: str, name: str) -> str:
        """The same in the ids of the root template."""
        return f"{self.tier(tier)}.{self.known_endpoint(tier, name)}"

    def ask(self, parameter: Parameter, definition: Json) -> None:
        """A parameter of the stack, as data and as the template has it. What the user gives takes the place of its value."""
        given = self.options.parameters.get(parameter.name)
        if given is not None and parameter.source == "secret":
            self.found.append(diagnostics.SecretInParameters(span=self.solution.span, name=parameter.name))
        elif given is not None:
            if _type(given) not in TAKES[definition["type"]]:
                found = diagnostics.BadParameter(
                    span=self.solution.span, name=parameter.name, expected=definition["type"], found=_type(given)
                )
                self.found.append(found)
            else:
                self._constrained(parameter.name, given)
            parameter = replace(parameter, value=given)
        self.asked[parameter.name] = parameter
        self.parameters[parameter.name] = definition

    def _constrained(self, name: str, given: Any) -> None:
        """Reports a value that is not what the blueprint asks for."""
        item = self.declared.get(name)
        if item is None or item.constraints is None:
            return
        value = str(given) if item.type in ("string", "cidr") else given
        wrong = broken(value, item.type, item.constraints)
        if wrong is not None:
            _, expected, found = wrong
            self.found.append(
                diagnostics.ParameterOutOfBounds(
                    span=item.span, name=name, expected=expected, found=found, hint=item.constraints.message
                )
            )

    def own(self, parameter: Parameter, definition: Json) -> None:
        """A parameter that the target needs itself; a declared one of that name is reported, once."""
        if parameter.name in self.declared:
            self.found.append(
                diagnostics.ReservedName(span=self.declared.pop(parameter.name).span, name=parameter.name)
            )
        self.ask(parameter, definition)

    def add(self, name: str, kind: str, properties: Json, of: Declared, **more: Any) -> None:
        """A resource of the root template, with what declared it. It is written at once: stacks can be large."""
        self.write(name, resource(kind, properties, where(of.span), **more), of)

    def write(self, name: str, definition: Json, of: Declared) -> None:
        """The same for a definition that must carry no place itself."""
        if name in self.overrides:
            from bpc_targets.heat.natives import changed

            definition = changed(self, name, definition)
        self.resources[name] = entry(name, definition, "  ")
        self.places.put(name, of)


def labels(tags: Iterable[Tag]) -> Json:
    """Neutron's tags of a thing, as a property; none where the blueprint says none."""
    made = [f"{tag.name}={tag.value}" for tag in tags]
    return {"tags": made} if made else {}


def described(tags: Iterable[Tag], **own: Any) -> Json:
    """The metadata of a server or volume, as a property, with `own` of ours."""
    made = {tag.name: tag.value for tag in tags} | own
    return {"metadata": made} if made else {}


def _type(value: object) -> str:
    """The type of a value, by Heat's name for it."""
    return "boolean" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"


def resource(kind: str, properties: Json, place: str, **more: Any) -> Json:
    """A resource definition with the place that declared it; `more` are its other sections (`depends_on`, `update_policy`, ...), empty ones left out."""
    given = {key: value for key, value in more.items() if value}
    return {"type": kind, "metadata": {"bpc": place}, **given, "properties": properties}


def get(name: str) -> Json:
    return {"get_resource": name}


def attr(name: str, *path: str | int) -> Json:
    return {"get_attr": [name, *path]}


def param(*path: object) -> Json:
    return {"get_param": path[0] if len(path) == 1 else list(path)}


def seconds(milliseconds: int) -> int:
    """Whole seconds, rounded up: Heat knows no less."""
    return -(-milliseconds // 1000)
