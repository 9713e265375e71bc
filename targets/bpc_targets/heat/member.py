"""The template of one member: a server with its volumes, address, places in pools, and the wait until it is ready."""

from __future__ import annotations

from bpc.model.index import known_as
from bpc.model.resources import Fixed
from bpc.source import where
from bpc.yaml import dump, entry
from bpc_targets.heat.adopted import given_as
from bpc_targets.heat.shapes import has_ports
from bpc_targets.heat.stack import VERSION, attr, described, get, labels, param, resource, seconds
from bpc_targets.heat.userdata import SIGNAL_MARK, device_mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group, Listener, Volume
    from bpc_targets.heat.stack import Pieces, Stack

    Json = dict[str, Any]

STRING = {"type": "string"}
LIST = {"type": "json"}
HIDDEN = {"type": "string", "hidden": True}
SHORT = "$.data.split('/').last().split('-').first()"
"""Of an id of a stack; `str_split` would fail while Heat validates, when there is no id yet."""
DIGITS = {"yaql": {"expression": SHORT, "data": param("OS::stack_id")}}
UNNUMBERED = {"list_join": ["-", [param("name"), DIGITS]]}
"""The name of a member that comes and goes, which Heat does not count: it ends with the first digits of its own stack's id."""
METERING = "metering.server_group"
"""What telemetry finds a scaling tier's machines by."""


def member_template(stack: Stack, group: Group, given: Json, make: str) -> Json:
    """The nested template of a tier's members, which is given parameters. `make` is empty where nobody awaits them.

    It has marks for the places, and no title: so templates of tiers that are alike are equal.
    """
    fixed = isinstance(group.members, Fixed)
    resources: Json = {}
    if has_ports(group) and not fixed:
        for network in group.networks:
            resources[f"port.{stack.network(network)}"] = _port(group, stack.network(network))
    for number, volume in enumerate(group.volumes, 1):
        resources |= _volume(group, volume, _mark(number))
    if make:
        resources[f"handle.{make}"] = handle()
    resources["server"] = _server(stack, group, make)
    resources |= _public(stack, group, fixed=fixed)
    for number, (balancer, listener) in enumerate(stack.index.fronts_of(group.name), 1 + len(group.volumes)):
        known = stack.known_endpoint(group.name, listener.endpoint)
        member = {
            "pool": param(f"pool_{known}"),
            "address": _address(stack, balancer.network, fixed=fixed),
            "protocol_port": listener.member_port,
            "subnet": param(f"subnet_{stack.network(balancer.network)}"),
        }
        resources[f"pool_member.{known}"] = resource("OS::Octavia::PoolMember", member, _mark(number))
    if make:
        # all else is there first: whoever hears that a member is ready may use it
        before = [name for name in resources if name.startswith(("server", "attachment.", "address", "pool_member."))]
        condition = {"handle": get(f"handle.{make}"), "timeout": seconds(group.readiness.timeout)}
        resources[f"wait.{make}"] = resource("OS::Heat::WaitCondition", condition, OWN, depends_on=before)
    if stack.overrides:
        from bpc_targets.heat.natives import change_member

        change_member(stack, stack.tier(group.name), resources, given)
    return {
        "parameters": {name: _type(name) for name in given},
        "conditions": {"has_key": {"not": {"equals": [param("key_name"), ""]}}},
        "resources": resources,
        "outputs": _outputs(stack, group, fixed=fixed),
    }


def written(stack: Stack, group: Group, template: Json) -> tuple[str, str]:
    """A member template as its file has it, and without places. What tiers have in common is written once: there may be thousands."""
    known = repr(template)
    pieces = stack.members.get(known)
    if pieces is None:
        pieces = stack.members[known] = _pieces(dump(template))
    first, rest = pieces
    title = {"heat_template_version": VERSION, "description": f"One member of tier {stack.tier(group.name)}."}
    text, content = [dump(title), first], [dump(title), first]
    listeners = (listener for _, listener in stack.index.fronts_of(group.name))
    declared: list[Group | Volume | Listener] = [group, *group.volumes, *listeners]
    places = [where(item.span) for item in declared]
    for number, piece in rest:
        text += ["\n", entry("metadata", {"bpc": places[number]}, "    "), piece]
        content.append(piece)
    return "".join(text), "".join(content)


def _pieces(text: str) -> Pieces:
    """What stands before the first place, and for each place its number and what follows it."""
    first, *rest = text.split(BEFORE)
    marked = (part.partition(BEHIND) for part in rest)
    return first, tuple((int(number), piece) for number, _, piece in marked)


def _mark(number: int) -> str:
    """What stands for a place: of the tier, of one of its volumes, or of a listener in front of it. No value has such a character."""
    return f"\x1f{number}\x1f"


OWN = _mark(0)
BEFORE, BEHIND = '\n    metadata: { bpc: "\\u001f', '\\u001f" }\n'


def handle() -> Json:
    """What a machine signals to; without a place: Heat keeps the signals in its metadata and takes all that it finds there for one."""
    return {"type": "OS::Heat::WaitConditionHandle", "properties": {"signal_transport": "HEAT_SIGNAL"}}


def _type(name: str) -> Json:
    if name == "user_data" or name.startswith("override_"):  # which may have a secret
        return HIDDEN
    return LIST if name.startswith(("ports_", "addresses_", "volumes_", "floating_ips", "zones")) else STRING


def _port(group: Group, network: str) -> Json:
    port = {
        "network": param(f"network_{network}"),
        "fixed_ips": [{"subnet": param(f"subnet_{network}")}],
        "security_groups": [param("security_group")],
        **labels(group.tags),
    }
    return resource("OS::Neutron::Port", port, OWN)


def _port_id(stack: Stack, network: str, *, fixed: bool) -> Json:
    return param(f"ports_{stack.network(network)}", param("index")) if fixed else get(f"port.{stack.network(network)}")


def _address(stack: Stack, network: str, *, fixed: bool) -> Json:
    if fixed:
        return param(f"addresses_{stack.network(network)}", param("index"))
    return attr(f"port.{stack.network(network)}", "fixed_ips", 0, "ip_address")


def _server(stack: Stack, group: Group, make: str) -> Json:
    fixed = isinstance(group.members, Fixed)
    # a volume's id is known to its member only; Nova's virtio serial is the id's first 20 characters
    params = {device_mark(known_as(volume)): _volume_id(volume) for volume in group.volumes}
    if make:
        params[SIGNAL_MARK] = attr(f"handle.{make}", "signal")
    data = param("user_data")
    made: Json = {
        "image": param("image"),
        "flavor": param("flavor"),
        "key_name": {"if": ["has_key", param("key_name"), None]},
        **_plugged(stack, group, fixed=fixed),
        "user_data_format": "RAW",
        "user_data": {"str_replace": {"template": data, "params": params}} if params else data,
        **settled(group),
    }
    if fixed:
        made = {"name": param("name"), **made, **described(group.tags)}
    else:
        made = {"name": UNNUMBERED, **made, **described(group.tags, **{METERING: param("metering")})}
    if group.spread and group.spread != "zones":
        made["scheduler_hints"] = {"group": param("spread")}
    if group.zone:
        made["availability_zone"] = param("zone")
    elif group.spread == "zones":
        made["availability_zone"] = param("zones", param("index"))
    return resource("OS::Nova::Server", made, OWN)


def _plugged(stack: Stack, group: Group, *, fixed: bool) -> Json:
    """The networks of a server: ports that outlive it, or one that comes and goes with it."""
    if has_ports(group):
        return {"networks": [{"port": _port_id(stack, network, fixed=fixed)} for network in group.networks]}
    subnet = param(f"subnet_{stack.network(group.networks[0])}")
    return {"networks": [{"subnet": subnet}], "security_groups": [param("security_group")]}


def _volume(group: Group, volume: Volume, place: str) -> Json:
    name = known_as(volume)
    attachment = {"instance_uuid": get("server"), "volume_id": _volume_id(volume)}
    attached = {f"attachment.{name}": resource("OS::Cinder::VolumeAttachment", attachment, place)}
    if volume.existing:
        return attached
    made: Json = {"size": volume.size // 2**30, **described(group.tags)}
    if volume.type:
        made["volume_type"] = volume.type
    policy = "Retain" if volume.keep else "Delete"
    return {f"volume.{name}": resource("OS::Cinder::Volume", made, place, deletion_policy=policy), **attached}


def _volume_id(volume: Volume) -> Json:
    """A volume of the member's own, or the one that was given to it."""
    return param(given_as(volume), param("index")) if volume.existing else get(f"volume.{known_as(volume)}")


def _public(stack: Stack, group: Group, *, fixed: bool) -> Json:
    if not group.public_address:
        return {}
    port = _port_id(stack, group.networks[0], fixed=fixed)
    if group.existing_address:
        joined = {"floatingip_id": param("floating_ips", param("index")), "port_id": port}
        return {"address": resource("OS::Neutron::FloatingIPAssociation", joined, OWN)}
    address = {"floating_network": param("external_network"), "port_id": port}
    return {"address": resource("OS::Neutron::FloatingIP", address, OWN)}


def _outputs(stack: Stack, group: Group, *, fixed: bool) -> Json:
    made: Json = {"server": {"value": get("server")}}
    if has_ports(group) and not fixed:
        for network in group.networks:
            made[f"address_{stack.network(network)}"] = {"value": _address(stack, network, fixed=fixed)}
    if group.public_address and not group.existing_address:
        made["public_address"] = {"value": attr("address", "floating_ip_address")}
    return made


def settled(group: Group) -> Json:
    """What an update does to a server, wherever it stands: never Heat's defaults.

    Another image, flavor or first boot is another machine, which boots, says that it is ready, and is awaited. A rebuilt or
    resized one would keep the user data that the signal is in, so that nobody could await it.
    """
    return {
        "image_update_policy": "REPLACE",
        "flavor_update_policy": "REPLACE",
        "user_data_update_policy": "REPLACE",
    }
