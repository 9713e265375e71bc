"""A stack in a network of someone else on a real OpenStack, behind a router that is there, with a volume of someone else and what only this
cloud has (`native`, `override`): what was there is afterwards what it was. Heat refuses what the constraints of a param forbid.
"""

from __future__ import annotations

import base64
import contextlib
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

pytest.importorskip("openstack")

from judges import readme
from judges.guests import cloud_configs
from judges.lifetime import Lifetime, lifetime

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.openstack
PROJECT = Path(__file__).parent / "existing"
NAME = "bpc-test-there"
VOLUME = "volume.web.data.0"
"""The parameter that asks for it."""
CHANGING = ("updated_at", "revision_number", "metadata")
REFUSED = {"Team": "a team's name", "toolongname": "a team's name"}
"""Values of a param that the blueprint forbids, and a word of Heat's answer."""


def test_what_exists_stays_as_it_is(cloud: Any, admin: Any, tmp_path: Path) -> None:
    project = shutil.copytree(PROJECT, tmp_path / "existing")
    with there(cloud) as ids, lifetime(cloud, admin, project, "bpc-test-existing") as life:
        given = tmp_path / "given.yaml"
        given.write_text(yaml.safe_dump({"parameters": ids}))
        before = state(cloud, ids)
        life.compile(parameters=given)
        life.upload()
        refused(life)
        life.create()
        [on_corp, on_app] = [cloud.network.get_port(thing.id) for thing in ports(life)]
        assert on_corp.network_id == ids["network_corp"]
        assert on_corp.fixed_ips[0]["subnet_id"] == ids["subnet_corp"]
        assert on_app.network_id != ids["network_corp"]
        assert len(interfaces(cloud, ids)) == len(before["interfaces"]) + 1
        told(cloud, admin, life)
        joined(cloud, life, ids)
        blueprint = project / "solution.bp"
        blueprint.write_text(blueprint.read_text().replace("port = 80", "port = 8080"))
        life.compile(parameters=given)
        life.update()
        assert [thing.id for thing in ports(life)] == [on_corp.id, on_app.id]
        told(cloud, admin, life)
        joined(cloud, life, ids)
        things = life.things()
        life.delete()
        assert life.left({path: thing for path, thing in things.items() if thing.id not in ids.values()}) == []
        settled(cloud, ids)
        assert state(cloud, ids) == before


def refused(life: Lifetime) -> None:
    """Heat makes nothing of a value that the blueprint forbids, and says what it expects."""
    words, *_ = readme.commands(life.folder, "stack create", life.stack)
    words = [word for word in words if word != "--parameter-file" and not word.startswith("secret_")]
    for value, said in REFUSED.items():
        own = life.project / "own.yaml"
        own.write_text(yaml.safe_dump({"parameters": {"owner": value}}))
        with pytest.raises(readme.Failed) as failed:
            readme.run(life.folder, [*words[:3], *life.secrets(), *words[3:-1], "-e", str(own), words[-1]])
        assert said in str(failed.value)


def told(cloud: Any, admin: Any, life: Lifetime) -> None:
    """The machine has what a native gives and the secret that was given; the override is there."""
    things = life.things()
    group = things["native.rules.group"].id
    [server] = [thing.id for thing in things.values() if thing.type == "OS::Nova::Server"]
    data = base64.b64decode(admin.compute.get_server(server).user_data)
    files = {entry["path"]: entry["content"] for config in cloud_configs(data) for entry in config["write_files"]}
    assert {group, "giv3n"} <= {text.strip() for text in files.values()}
    assert cloud.network.get_security_group(things["security.web"].id).description == "said by the project"
    assert cloud.network.get_security_group(group).name == f"{life.stack}-app-team"


def joined(cloud: Any, life: Lifetime, ids: dict[str, str]) -> None:
    """The volume that is there is the machine's."""
    [server] = [thing.id for thing in life.things().values() if thing.type == "OS::Nova::Server"]
    assert [one["server_id"] for one in cloud.block_storage.get_volume(ids[VOLUME]).attachments] == [server]


def settled(cloud: Any, ids: dict[str, str]) -> None:
    """Waits until the volume is detached."""
    end = time.monotonic() + 60
    while cloud.block_storage.get_volume(ids[VOLUME]).status != "available":
        assert time.monotonic() < end, "still attached"
        time.sleep(1)


def ports(life: Lifetime) -> list[Any]:
    """The member's ports: on the network that is there, and on the new one."""
    things = life.things()
    return [things["port.web.corp.0"], things["port.web.app.0"]]


def interfaces(cloud: Any, ids: dict[str, str]) -> list[str]:
    return sorted(port.id for port in cloud.network.ports(device_id=ids["router"]))


def state(cloud: Any, ids: dict[str, str]) -> dict[str, Any]:
    """All that the cloud says of what is there."""
    things = {
        "network": cloud.network.get_network(ids["network_corp"]),
        "subnet": cloud.network.get_subnet(ids["subnet_corp"]),
        "router": cloud.network.get_router(ids["router"]),
        "volume": cloud.block_storage.get_volume(ids[VOLUME]),
    }
    said = {name: {k: v for k, v in thing.to_dict().items() if k not in CHANGING} for name, thing in things.items()}
    return {**said, "interfaces": interfaces(cloud, ids)}


@contextlib.contextmanager
def there(cloud: Any) -> Iterator[dict[str, str]]:
    """A network of someone else with its subnet and router, and a volume."""
    outside = next(iter(cloud.network.networks(is_router_external=True)))
    network = cloud.network.create_network(name=NAME)
    subnet = cloud.network.create_subnet(name=NAME, network_id=network.id, ip_version=4, cidr="10.43.1.0/24")
    router = cloud.network.create_router(name=NAME, external_gateway_info={"network_id": outside.id})
    cloud.network.add_interface_to_router(router, subnet_id=subnet.id)
    volume = cloud.block_storage.create_volume(name=NAME, size=1)
    cloud.block_storage.wait_for_status(volume, "available")
    try:
        yield {"network_corp": network.id, "subnet_corp": subnet.id, "router": router.id, VOLUME: volume.id}
    finally:
        cloud.block_storage.delete_volume(volume)
        cloud.network.remove_interface_from_router(router, subnet_id=subnet.id)
        cloud.network.delete_router(router)
        cloud.network.delete_network(network)
