"""The template of one member: a server with its volumes, address and places in pools."""

from __future__ import annotations

from bpc.model.index import known_as
from bpc.model.resources import Fixed
from bpc_targets.heat.stack import VERSION, attr, get, param, resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group, Volume
    from bpc_targets.heat.stack import Stack

    Json = dict[str, Any]

STRING = {"type": "string"}
LIST = {"type": "json"}


def member_template(stack: Stack, group: Group) -> Json:
    """The nested template of a tier's members."""
    fixed = isinstance(group.members, Fixed)
    resources: Json = {}
    if not fixed:
        for network in group.networks:
            resources[f"port.{stack.network(network)}"] = _port(group, network)
    for volume in group.volumes:
        resources |= _volume(volume)
    resources["server"] = _server(stack, group, fixed=fixed)
    resources |= _public(stack, group, fixed=fixed)
    for balancer, listener in stack.index.fronts_of(group.name):
        known = stack.known_endpoint(group.name, listener.endpoint)
        member = {
            "pool": param(f"pool_{known}"),
            "address": _address(stack, balancer.network, fixed=fixed),
            "protocol_port": listener.member_port,
            "subnet": param(f"subnet_{balancer.network}"),
        }
        resources[f"pool_member.{known}"] = resource("OS::Octavia::PoolMember", member, listener.span)
    return {
        "heat_template_version": VERSION,
        "description": f"One member of tier {group.name}.",
        "parameters": _parameters(stack, group, fixed=fixed),
        "conditions": {"has_key": {"not": {"equals": [param("key_name"), ""]}}},
        "resources": resources,
        "outputs": _outputs(stack, group, fixed=fixed),
    }


def _parameters(stack: Stack, group: Group, *, fixed: bool) -> Json:
    names: Json = {
        "image": STRING,
        "flavor": STRING,
        "key_name": STRING,
        "user_data": {"type": "string", "hidden": True},
    }
    if group.spread:
        names["spread"] = STRING
    if group.public_address:
        names["external_network"] = STRING
    for _, listener in stack.index.fronts_of(group.name):
        names[f"pool_{stack.known_endpoint(group.name, listener.endpoint)}"] = STRING
    if fixed:
        names |= {"name": STRING, "index": STRING}
        for network in group.networks:
            names |= {f"ports_{network}": LIST, f"addresses_{network}": LIST}
        names |= {f"subnet_{balancer.network}": STRING for balancer, _ in stack.index.fronts_of(group.name)}
        return names
    names |= {"security_group": STRING, "metering": STRING}
    for network in group.networks:
        names |= {f"network_{network}": STRING, f"subnet_{network}": STRING}
    return names


def _port(group: Group, network: str) -> Json:
    port = {
        "network": param(f"network_{network}"),
        "fixed_ips": [{"subnet": param(f"subnet_{network}")}],
        "security_groups": [param("security_group")],
    }
    return resource("OS::Neutron::Port", port, group.span)


def _port_id(stack: Stack, network: str, *, fixed: bool) -> Json:
    return param(f"ports_{network}", param("index")) if fixed else get(f"port.{stack.network(network)}")


def _address(stack: Stack, network: str, *, fixed: bool) -> Json:
    if fixed:
        return param(f"addresses_{network}", param("index"))
    return attr(f"port.{stack.network(network)}", "fixed_ips", 0, "ip_address")


def _server(stack: Stack, group: Group, *, fixed: bool) -> Json:
    from bpc_targets.heat.userdata import device_mark

    data: Any = param("user_data")
    if group.volumes:
        # a volume's id is known to its member only; Nova's virtio serial is the id's first 20 characters
        params = {device_mark(volume.name): get(f"volume.{known_as(volume)}") for volume in group.volumes}
        data = {"str_replace": {"template": data, "params": params}}
    made: Json = {
        "image": param("image"),
        "flavor": param("flavor"),
        "key_name": {"if": ["has_key", param("key_name"), None]},
        "networks": [{"port": _port_id(stack, network, fixed=fixed)} for network in group.networks],
        "user_data_format": "RAW",
        "user_data": data,
        **settled(group),
    }
    if fixed:
        made = {"name": param("name"), **made}
    else:
        made["metadata"] = {"metering.server_group": param("metering")}
    if group.spread:
        made["scheduler_hints"] = {"group": param("spread")}
    return resource("OS::Nova::Server", made, group.span)


def _volume(volume: Volume) -> Json:
    name = known_as(volume)
    made: Json = {"size": volume.size // 2**30}
    if volume.type:
        made["volume_type"] = volume.type
    policy = "Retain" if volume.keep else "Delete"
    attachment = {"instance_uuid": get("server"), "volume_id": get(f"volume.{name}")}
    return {
        f"volume.{name}": resource("OS::Cinder::Volume", made, volume.span, deletion_policy=policy),
        f"attachment.{name}": resource("OS::Cinder::VolumeAttachment", attachment, volume.span),
    }


def _public(stack: Stack, group: Group, *, fixed: bool) -> Json:
    if not group.public_address:
        return {}
    port = _port_id(stack, group.networks[0], fixed=fixed)
    address = {"floating_network": param("external_network"), "port_id": port}
    return {"address": resource("OS::Neutron::FloatingIP", address, group.span)}


def _outputs(stack: Stack, group: Group, *, fixed: bool) -> Json:
    made: Json = {"server": {"value": get("server")}}
    for network in group.networks:
        made[f"address_{network}"] = {"value": _address(stack, network, fixed=fixed)}
    if group.public_address:
        made["public_address"] = {"value": attr("address", "floating_ip_address")}
    return made


def settled(group: Group) -> Json:
    """What a server has wherever it stands, first what an update does to it: never Heat's defaults.

    Members with identity keep it; others are made anew.
    """
    image = "REBUILD" if isinstance(group.members, Fixed) else "REPLACE"
    return {
        "image_update_policy": image,
        "flavor_update_policy": "RESIZE",
        "user_data_update_policy": "REPLACE",
    }
