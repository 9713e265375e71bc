"""Groups of machines: a ResourceGroup where members have identities, an AutoScalingGroup where they are interchangeable.

A member has a template, a nested file: the server, and the wait until it is ready. The file is named by its content and the wait by
what the server boots from (`makes.py`), as Heat awaits only what is new, and replaces a file of the same name for all members at
once. Members with identity have ports in the root template: addresses do not depend on servers, and go after them.
"""

from __future__ import annotations

from bpc.deployment import Parameter
from bpc.model.index import known_as
from bpc.model.resources import Fixed, Scaling
from bpc.source_map import origin_of
from bpc_targets.heat import diagnostics
from bpc_targets.heat.adopted import addresses, volumes
from bpc_targets.heat.flavors import flavor
from bpc_targets.heat.makes import make, short
from bpc_targets.heat.member import METERING, handle, member_template, settled, written
from bpc_targets.heat.shapes import adds_first, has_ports, has_template, largest
from bpc_targets.heat.stack import ATTEMPT, attr, described, get, labels, param, seconds
from bpc_targets.heat.userdata import SIGNAL_MARK, first_boot, user_data
from bpc_targets.heat.values import port

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group
    from bpc_targets.heat.stack import Stack
    from bpc_targets.heat.userdata import FirstBoot

    Json = dict[str, Any]

INDEX = "\x1findex\x1f"
"""What a ResourceGroup fills in anywhere in a member's definition, also in first-boot data: no value has such a character."""
POLICIES = {"hosts": "anti-affinity", "prefer_hosts": "soft-anti-affinity"}
"""How Nova keeps the members of a tier apart."""
LONGEST = 43_200
"""Seconds that a wait condition may wait."""


def add_group(stack: Stack, group: Group) -> None:
    """All resources of a tier."""
    tier = stack.tier(group.name)
    security = {"name": {"list_join": ["-", [param("OS::stack_name"), group.name]]}, "rules": []}
    stack.add(f"security.{tier}", "OS::Neutron::SecurityGroup", security, group)
    users = stack.index.users(stack.index.image(group))
    if group.machine.architecture != users[0].machine.architecture:
        found = diagnostics.MixedArchitectures(span=group.machine.span, tier=group.name, image=group.image)
        stack.found.append(found)
    if group.spread == "zones" and isinstance(group.members, Scaling):
        stack.found.append(diagnostics.NoZones(span=group.span, tier=group.name))
    if group.spread in POLICIES:
        policies = {"policies": [POLICIES[group.spread]]}
        stack.add(f"spread.{tier}", "OS::Nova::ServerGroup", policies, group)
    _parameters(stack, group, tier)
    for volume in group.volumes:
        known = known_as(volume)
        place = origin_of(volume, within=group.name)
        for kind in ("attachment",) if volume.existing else ("volume", "attachment"):
            stack.places.put(f"tier.{tier}/{kind}.{known}", place)
    if seconds(group.readiness.timeout) > LONGEST:
        hours = -(-group.readiness.timeout // 3_600_000)
        stack.found.append(diagnostics.WaitTooLong(span=group.span, tier=group.name, hours=hours))
    awaited = group.name in stack.awaited
    if not awaited:
        stack.write(f"handle.{tier}", handle(), group)
    definition = _definition(stack, group, tier, first_boot(stack, group), awaited=awaited)
    if isinstance(group.members, Fixed):
        _fixed(stack, group, tier, group.members, definition)
    else:
        _scaling(stack, group, tier, group.members, definition)
    if not awaited:
        _ready(stack, group, tier)


def _definition(stack: Stack, group: Group, tier: str, boot: FirstBoot, *, awaited: bool) -> Json:
    """A member as its group makes it. `attempt` makes a group's definition new where nothing else does."""
    signal = SIGNAL_MARK if awaited else attr(f"handle.{tier}", "signal")
    data = user_data(stack, group, boot, signal)
    metadata = {"attempt": param(ATTEMPT)}
    if not awaited and not has_template(group):
        server: Json = {
            "type": "OS::Nova::Server",
            "metadata": metadata,
            "properties": _server(stack, group, tier, data),
        }
        if stack.overrides:
            from bpc_targets.heat.natives import changed

            server = changed(stack, f"tier.{tier}/server", server)
        return server
    given = _given(stack, group, tier, data)
    template = member_template(stack, group, given, make(stack, group, boot) if awaited else "")
    return {"type": _file(stack, group, tier, template), "metadata": metadata, "properties": given}


def _file(stack: Stack, group: Group, tier: str, template: Json) -> str:
    """The name of the member template, which is written on the way. Places of the blueprint in it do not count for the name."""
    text, content = written(stack, group, template)
    name = f"{tier}-member-{short(content)}.yaml"
    stack.files[name] = text
    return name


def _parameters(stack: Stack, group: Group, tier: str) -> None:
    """Image and flavor. Their values stand in the environment file: Heat checks a default even where another value is given."""
    image = {
        "type": "string",
        "description": f"Image of tier {group.name}. {group.doc}".strip(),
        "constraints": [{"custom_constraint": "glance.image"}],
    }
    tiers, use = (group.name,), f"for tier {group.name}"
    stack.own(Parameter(name=f"image_{tier}", source="image", value=group.image, tiers=tiers, why=use), image)
    chosen, why = flavor(stack, group)
    definition = {
        "type": "string",
        "description": f"Flavor of tier {group.name}: {why}.",
        "constraints": [{"custom_constraint": "nova.flavor"}],
    }
    if group.name in stack.lacking:
        use += f": {stack.lacking[group.name]}"
    stack.own(Parameter(name=f"flavor_{tier}", source="flavor", value=chosen, tiers=tiers, why=use), definition)


def _server(stack: Stack, group: Group, tier: str, data: Any) -> Json:
    """The server of a tier that is not awaited: its port is its own."""
    made: Json = {
        "image": param(f"image_{tier}"),
        "flavor": param(f"flavor_{tier}"),
        "key_name": {"if": ["has_key", param("key_name"), None]},
        "networks": [{"subnet": stack.subnet(group.networks[0])}],
        "security_groups": [get(f"security.{tier}")],
        "user_data_format": "RAW",
        "user_data": data,
        **settled(group),
    }
    if group.spread in POLICIES:
        made["scheduler_hints"] = {"group": get(f"spread.{tier}")}
    if group.zone:
        made["availability_zone"] = stack.zone(group.zone)
    if isinstance(group.members, Scaling):
        return made | described(group.tags, **{METERING: metering(tier)})
    return {"name": _name(group)} | made | described(group.tags)


def _name(group: Group) -> Json:
    """The name of a member with an identity; of one that comes and goes, what its own template adds the end to."""
    number = [] if isinstance(group.members, Scaling) else ["0" if adds_first(group) else INDEX]
    return {"list_join": ["-", [param("OS::stack_name"), group.name, *number]]}


def metering(tier: str) -> Json:
    """What the telemetry of a scaling tier's machines is found by."""
    return {"list_join": ["/", [param("OS::stack_id"), tier]]}


def rolling(group: Group) -> Json:
    """How an update rolls: the batch alone keeps the others in service, or all new members come first.

    A minimum below a group's size would make Heat add members while it updates: without a port where members have identity, and
    elsewhere it then removes a member that is up to date instead of an old one.
    """
    if adds_first(group):
        return {"max_batch_size": largest(group), "min_in_service": largest(group), "pause_time": 0}
    return {"max_batch_size": group.update.batch or 1, "min_in_service": 0, "pause_time": seconds(group.update.pause)}


def _depends(stack: Stack, group: Group) -> list[str]:
    """Interfaces of its networks (floating IPs need them, also when they go), and the tiers that must be ready before."""
    interfaces = [interface for network in group.networks for interface in stack.interfaces(network)]
    return interfaces + [
        f"{'tier' if before in stack.awaited else 'ready'}.{stack.tier(before)}"
        for before in group.starts_after
        if before in stack.awaited or stack.index.groups[before].readiness.signals
    ]


def _fixed(stack: Stack, group: Group, tier: str, members: Fixed, definition: Json) -> None:
    if has_ports(group):
        for network in group.networks:
            for member in range(members.count):
                _port(stack, group, network, member)
    name, depends = f"tier.{tier}", _depends(stack, group)
    if group.name in stack.awaited and adds_first(group):
        one = {"min_size": 1, "max_size": 1, "resource": definition, "rolling_updates": rolling(group)}
        stack.add(name, "OS::Heat::AutoScalingGroup", one, group, depends_on=depends)
        return
    properties = {"count": members.count, "index_var": INDEX, "resource_def": definition}
    update = {"rolling_update": rolling(group)}
    stack.add(name, "OS::Heat::ResourceGroup", properties, group, depends_on=depends, update_policy=update)


def _port(stack: Stack, group: Group, network: str, member: int) -> None:
    properties = {
        "network": stack.net(network),
        "fixed_ips": [{"subnet": stack.subnet(network)}],
        "security_groups": [get(f"security.{stack.tier(group.name)}")],
        **labels(group.tags),
    }
    stack.add(port(stack, group, network, member), "OS::Neutron::Port", properties, group)


def _given(stack: Stack, group: Group, tier: str, data: Any) -> Json:
    """The parameters of the member template."""
    given: Json = {
        "image": param(f"image_{tier}"),
        "flavor": param(f"flavor_{tier}"),
        "key_name": param("key_name"),
        "user_data": data,
    }
    if group.spread in POLICIES:
        given["spread"] = get(f"spread.{tier}")
    given |= _zones(stack, group)
    if group.existing_address:
        given["floating_ips"] = addresses(stack, group)
    elif group.public_address:
        given["external_network"] = param("external_network")
    for _, listener in stack.index.fronts_of(group.name):
        known = stack.known_endpoint(group.name, listener.endpoint)
        given[f"pool_{known}"] = get(f"pool.{tier}.{known}")
    given["name"] = _name(group)
    if isinstance(group.members, Scaling):
        given["metering"] = metering(tier)
    if isinstance(group.members, Fixed) and has_ports(group):
        return given | volumes(stack, group) | _plugged(stack, group, group.members)
    given["security_group"] = get(f"security.{tier}")
    for network in group.networks:
        name = stack.network(network)
        if has_ports(group):
            given[f"network_{name}"] = stack.net(network)
        given[f"subnet_{name}"] = stack.subnet(network)
    return given


def _zones(stack: Stack, group: Group) -> Json:
    """The zone of all members, or that of each by its number."""
    if group.zone:
        return {"zone": stack.zone(group.zone)}
    if group.spread != "zones" or not isinstance(group.members, Fixed):
        return {}
    zones = [stack.zone(name) for name in stack.index.zones[: group.members.count]]
    listed = [zones[number % len(zones)] for number in range(group.members.count)]
    return {"index": "0" if adds_first(group) else INDEX, "zones": listed}


def _plugged(stack: Stack, group: Group, members: Fixed) -> Json:
    """What a member takes its ports from: those of all members, and its own number."""
    given: Json = {"index": INDEX}
    for network in group.networks:
        ports = [port(stack, group, network, member) for member in range(members.count)]
        given[f"ports_{stack.network(network)}"] = [get(name) for name in ports]
    for balancer, _ in stack.index.fronts_of(group.name):
        ports = [port(stack, group, balancer.network, member) for member in range(members.count)]
        network = stack.network(balancer.network)
        given[f"addresses_{network}"] = [attr(name, "fixed_ips", 0, "ip_address") for name in ports]
        given[f"subnet_{network}"] = stack.subnet(balancer.network)
    return given


def _scaling(stack: Stack, group: Group, tier: str, members: Scaling, definition: Json) -> None:
    properties = {
        "min_size": members.minimum,
        "max_size": members.maximum,
        "cooldown": seconds(members.cooldown),
        "resource": definition,
        "rolling_updates": rolling(group),
    }  # without a desired capacity: every update would set the group back to it
    depends = _depends(stack, group)
    stack.add(f"tier.{tier}", "OS::Heat::AutoScalingGroup", properties, group, depends_on=depends)
    for direction, step in (("up", 1), ("down", -1)):
        _policy(stack, group, tier, members, direction, step)


def _policy(stack: Stack, group: Group, tier: str, members: Scaling, direction: str, step: int) -> None:
    name = f"scale_{direction}.{tier}"
    policy = {
        "auto_scaling_group_id": get(f"tier.{tier}"),
        "adjustment_type": "change_in_capacity",
        "scaling_adjustment": step,
        "cooldown": seconds(members.cooldown),
    }
    stack.add(name, "OS::Heat::ScalingPolicy", policy, group)
    stack.outputs[f"bpc_scale_{direction}_{tier}"] = {
        "description": f"POST here, with a token of the project in X-Auth-Token, to scale tier {group.name} {direction}.",
        "value": attr(name, "signal_url"),
    }
    if members.metric:
        _alarm(stack, group, tier, members, direction)


def _alarm(stack: Stack, group: Group, tier: str, members: Scaling, direction: str) -> None:
    """Many clouds have no telemetry: the alarms are made only where the parameter says that this one has."""
    telemetry = {
        "type": "boolean",
        "description": "Whether the cloud has Aodh and Gnocchi, so that tiers scale by themselves.",
        "default": False,
    }
    why = "true where the cloud has Aodh and Gnocchi: tiers scale by themselves"
    stack.own(Parameter(name="telemetry", source="switch", value=False, tiers=(), why=why), telemetry)
    stack.conditions["has_telemetry"] = param("telemetry")
    rate = members.metric == "cpu"
    # Gnocchi's cpu is nanoseconds of a core: over 300 s and all cores 100 % are 3e11 times the cores
    scale = 3e9 * group.machine.cpu if rate else group.machine.memory / 2**20 / 100
    threshold = members.target if direction == "up" else members.target / 2
    # the address wants a token: `trust+` makes Aodh call it with a trust of who created the stack
    url = attr(f"scale_{direction}.{tier}", "signal_url")
    action = {"str_replace": {"template": "trust+url", "params": {"url": url}}}
    alarm = {
        "metric": "cpu" if rate else "memory.usage",
        "aggregation_method": "rate:mean" if rate else "mean",
        "granularity": 300,
        "evaluation_periods": 1,
        "threshold": threshold * scale,
        "comparison_operator": "gt" if direction == "up" else "lt",
        "resource_type": "instance",
        "query": {
            "str_replace": {
                "template": '{"=": {"server_group": "GROUP"}}',
                "params": {"GROUP": metering(tier)},
            }
        },
        "alarm_actions": [action],
    }
    name = f"alarm_{direction}.{tier}"
    kind = "OS::Aodh::GnocchiAggregationByResourcesAlarm"
    stack.add(name, kind, alarm, group, condition="has_telemetry")


def _ready(stack: Stack, group: Group, tier: str) -> None:
    signals, timeout = group.readiness.signals, seconds(group.readiness.timeout)
    if signals:
        condition = {"handle": get(f"handle.{tier}"), "count": signals, "timeout": timeout}
        depends = [f"tier.{tier}"]
        stack.add(f"ready.{tier}", "OS::Heat::WaitCondition", condition, group, depends_on=depends)
