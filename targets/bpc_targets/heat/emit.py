"""A solution as a Heat stack: one `match` over the model's resources, then the documents around it."""

from __future__ import annotations

from bpc.deployment import Parameter
from bpc.diagnostics.base import did_you_mean, errors
from bpc.model.constraints import told
from bpc.model.resources import (
    GIVEN,
    Balancer,
    FromAnywhere,
    FromBalancer,
    FromCidr,
    FromExisting,
    FromGroup,
    Group,
    Native,
    Network,
    Override,
    Rule,
    Secret,
)
from bpc.record import assert_never
from bpc.target import Artifacts
from bpc.yaml import dump
from bpc_targets.heat import diagnostics, documents, limits
from bpc_targets.heat.adopted import security_group
from bpc_targets.heat.balancers import add_balancer
from bpc_targets.heat.constraints import STRING, constraints
from bpc_targets.heat.groups import add_group
from bpc_targets.heat.shapes import choose_awaited
from bpc_targets.heat.stack import ATTEMPT, VERSION, Stack, get, labels, param
from bpc_targets.heat.values import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.model.resources import Resource
    from bpc.model.solution import Param, Solution
    from bpc.target import Options

    Json = dict[str, Any]


def emit(solution: Solution, options: Options) -> tuple[Artifacts | None, tuple[Diagnostic, ...]]:
    """The stack's files; None with the diagnostics where Heat cannot express the solution."""
    stack = Stack(solution, options)
    _parameters(stack)
    _router(stack)
    for item in solution.resources:
        if not isinstance(item, Group):
            _add(stack, item)
    stack.awaited = choose_awaited(stack, {**limits.DEFAULTS, **options.limits}["resources"])
    for item in solution.resources:
        if isinstance(item, Group):
            _add(stack, item)
    _outputs(stack)
    if stack.index.natives or stack.overrides:
        from bpc_targets.heat.natives import check

        check(stack)
    _unknown(stack)
    template = _template(stack)
    headroom = limits.check(stack, template)
    if errors(stack.found):
        return None, tuple(stack.found)
    deployment = documents.deployment(stack)
    files = {"stack.yaml": template, **stack.files, **documents.files(stack, deployment)}
    artifacts = Artifacts(files=files, deployment=deployment, headroom=headroom, places=stack.places)
    return artifacts, tuple(stack.found)


def _add(stack: Stack, item: Resource) -> None:
    match item:
        case Network():
            _network(stack, item)
        case Secret():
            _secret(stack, item)
        case Group():
            add_group(stack, item)
        case Balancer():
            add_balancer(stack, item)
        case Rule():
            _rule(stack, item)
        case Native():
            from bpc_targets.heat.natives import add_native

            add_native(stack, item)
        case Override():
            pass  # where its resource is written
        case _:
            assert_never(item)


def _template(stack: Stack) -> str:
    solution = stack.solution
    title = f"{solution.title}. {solution.doc}".strip()
    before = {
        "heat_template_version": VERSION,
        "description": f"{title} Compiled by bpc {solution.compiler} from sources {solution.digest}.",
        "parameters": stack.parameters,
        "conditions": stack.conditions,
    }
    resources = ["resources:\n", *stack.resources.values()] if stack.resources else [dump({"resources": {}})]
    return "".join([dump(before), *resources, dump({"outputs": stack.outputs})])


# ---- parameters and outputs

TYPES = {"bool": "boolean", "string": "string", "cidr": "string"}


def _parameters(stack: Stack) -> None:
    for item in stack.solution.params:
        asked = Parameter(name=item.name, source="blueprint", value=item.default, tiers=(), why=told(item))
        stack.ask(asked, _parameter(item))
    if _leads_outside(stack):
        _external_network(stack)
    key = Parameter(name="key_name", source="key pair", value="", tiers=(), why="for the machines; none where empty")
    definition = {"type": "string", "description": "A key pair for the machines; none where empty.", "default": ""}
    stack.own(key, definition)
    attempt = Parameter(
        name=ATTEMPT, source="switch", value="1", tiers=(), why="another word makes an update roll again"
    )
    definition = {
        "type": "string",
        "description": "Another word makes an update roll through all members again.",
        "default": "1",
    }
    stack.own(attempt, definition)
    stack.conditions["has_key"] = {"not": {"equals": [param("key_name"), ""]}}


def _leads_outside(stack: Stack) -> bool:
    """Whether a router or an address of the stack is on the network that leads outside."""
    index = stack.index
    ours = not index.networks or any(not item.existing and item.router == "new" for item in index.networks.values())
    public = any(group.public_address and not group.existing_address for group in index.groups.values())
    return ours or public or any(item.public and not item.existing_address for item in index.balancers.values())


def _external_network(stack: Stack) -> None:
    outside = Parameter(name="external_network", source="network", value="public", tiers=(), why="leads outside")
    definition = {
        "type": "string",
        "description": "The network that leads outside; routers and floating IPs use it.",
        "constraints": [{"custom_constraint": "neutron.network"}],
    }
    stack.own(outside, definition)


def _parameter(item: Param) -> Json:
    made: Json = {"type": TYPES.get(item.type, "number")}
    if item.doc:
        made["description"] = item.doc
    if item.default is not None:
        made["default"] = item.default
    asked = constraints(item)
    return {**made, "constraints": asked} if asked else made


def _unknown(stack: Stack) -> None:
    """Reports values of `--params` that are for nothing."""
    for name in stack.options.parameters:
        if name not in stack.asked:
            near = did_you_mean(name, stack.asked)
            stack.found.append(diagnostics.UnknownParameter(span=stack.solution.span, name=name, hint=near))


def _outputs(stack: Stack) -> None:
    for item in stack.solution.outputs:
        made: Json = {"value": value(item.value, stack)}
        stack.outputs[item.name] = {"description": item.doc, **made} if item.doc else made
        if item.name.startswith("bpc_"):
            stack.found.append(diagnostics.ReservedName(span=item.span, name=item.name))
    stack.outputs["bpc_solution"] = {"description": "What this stack was compiled from.", "value": stack.solution.facts}


# ---- secrets, networks and rules


def _secret(stack: Stack, item: Secret) -> None:
    """A value that Heat generates, or a hidden parameter, which may have what any string at deployment may."""
    if not item.given:
        name = f"secret.{stack.secret(item.name)}"
        stack.add(name, "OS::Heat::RandomString", {"length": item.length}, item)
        return
    asked = Parameter(
        name=stack.secret_parameter(item.name), source="secret", value=None, tiers=(), why="given when it is created"
    )
    length = {"length": {"min": 1, "max": GIVEN}, "description": f"a secret has 1 to {GIVEN} characters"}
    words = f"The secret {item.name}: its value."
    stack.own(asked, {"type": "string", "hidden": True, "description": words, "constraints": [length, STRING]})


def _router(stack: Stack) -> None:
    outside = {"external_gateway_info": {"network": param("external_network")}, **labels(stack.solution.tags)}
    if any(not item.existing and item.router == "new" for item in stack.index.networks.values()):
        stack.add("router", "OS::Neutron::Router", outside, stack.solution)


def _network(stack: Stack, item: Network) -> None:
    if item.existing:
        return  # parameters, where somebody uses it
    name = stack.network(item.name)
    stack.add(f"network.{name}", "OS::Neutron::Net", labels(stack.solution.tags), item)
    subnet: Json = {"network": get(f"network.{name}"), "cidr": item.cidr, **labels(stack.solution.tags)}
    if ":" in item.cidr:
        subnet |= {"ip_version": 6, "ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"}
    stack.add(f"subnet.{name}", "OS::Neutron::Subnet", subnet, item)
    ours = item.router == "new"
    router = get("router") if ours else stack.there("router", "router", "new networks", "neutron.router")
    interface = {"router": router, "subnet": get(f"subnet.{name}")}
    stack.add(f"interface.{name}", "OS::Neutron::RouterInterface", interface, item)


def _rule(stack: Stack, item: Rule) -> None:
    """A rule of a tier's security group; rules to a balancer are its listener's `allowed_cidrs`."""
    if item.balancer:
        return
    tier = stack.tier(item.to)
    properties: Json = {
        "security_group": get(f"security.{tier}"),
        "direction": "ingress",
        "protocol": item.protocol,
    }
    if item.protocol != "icmp":
        properties |= {"port_range_min": item.port, "port_range_max": item.last_port}
    name, peer = _peer(stack, item)
    if item.protocol == "icmp" and peer.get("ethertype") == "IPv6":
        properties["protocol"] = "ipv6-icmp"
    prefix = peer.get("remote_ip_prefix")
    if isinstance(prefix, str) or isinstance(item.peer, FromBalancer):
        said = (tier, item.protocol, item.port, item.last_port, str(prefix))
        if said in stack.admitted:  # as of two balancers on one network: Neutron refuses the same rule again
            return
        stack.admitted.add(said)
    known = stack.endpoint(item.to, item.endpoint)
    stack.add(f"rule.{known}.{name}", "OS::Neutron::SecurityGroupRule", properties | peer, item)


def _peer(stack: Stack, item: Rule) -> tuple[str, Json]:
    """What a rule's id ends with, and the properties that say who may connect."""
    match item.peer:
        case FromAnywhere():
            return "from_anywhere", {"remote_ip_prefix": "0.0.0.0/0"}
        case FromCidr(cidr=cidr):
            named = "_".join(part if isinstance(part, str) else getattr(part, "param", "") for part in cidr)
            prefix: Json = {"remote_ip_prefix": value(cidr, stack)}
            if ":" in named:
                prefix["ethertype"] = "IPv6"
            return f"from_cidr.{named.replace('/', '_')}", prefix
        case FromGroup(group=group):
            return f"from_tier.{stack.tier(group)}", {"remote_group": get(f"security.{stack.tier(group)}")}
        case FromBalancer(balancer=balancer):
            network = stack.index.balancers[balancer].network
            return "from_balancer", {"remote_ip_prefix": stack.cidr(network)}
        case FromExisting(security_group=name):
            return f"from_existing.{name}", {"remote_group": security_group(stack, name)}
        case _:
            assert_never(item.peer)
