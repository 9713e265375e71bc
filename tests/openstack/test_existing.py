"""A stack in a network of someone else on a real OpenStack, behind a router that is there: both are afterwards what they were."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

pytest.importorskip("openstack")

from judges.lifetime import Lifetime, lifetime

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.openstack
PROJECT = Path(__file__).parent / "existing"
NAME = "bpc-test-there"
CHANGING = ("updated_at", "revision_number")


def test_what_exists_stays_as_it_is(cloud: Any, admin: Any, tmp_path: Path) -> None:
    project = shutil.copytree(PROJECT, tmp_path / "existing")
    with there(cloud) as ids, lifetime(cloud, admin, project, "bpc-test-existing") as life:
        given = tmp_path / "given.yaml"
        given.write_text(yaml.safe_dump({"parameters": ids}))
        before = state(cloud, ids)
        life.compile(parameters=given)
        life.upload()
        life.create()
        [on_corp, on_app] = [cloud.network.get_port(thing.id) for thing in ports(life)]
        assert on_corp.network_id == ids["network_corp"]
        assert on_corp.fixed_ips[0]["subnet_id"] == ids["subnet_corp"]
        assert on_app.network_id != ids["network_corp"]
        assert len(interfaces(cloud, ids)) == len(before["interfaces"]) + 1
        blueprint = project / "solution.bp"
        blueprint.write_text(blueprint.read_text().replace("port = 80", "port = 8080"))
        life.compile(parameters=given)
        life.update()
        assert [thing.id for thing in ports(life)] == [on_corp.id, on_app.id]
        things = life.things()
        life.delete()
        assert life.left(things) == []
        assert state(cloud, ids) == before


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
    }
    said = {name: {k: v for k, v in thing.to_dict().items() if k not in CHANGING} for name, thing in things.items()}
    return {**said, "interfaces": interfaces(cloud, ids)}


@contextlib.contextmanager
def there(cloud: Any) -> Iterator[dict[str, str]]:
    """A network of someone else with its subnet and router."""
    outside = next(iter(cloud.network.networks(is_router_external=True)))
    network = cloud.network.create_network(name=NAME)
    subnet = cloud.network.create_subnet(name=NAME, network_id=network.id, ip_version=4, cidr="10.43.1.0/24")
    router = cloud.network.create_router(name=NAME, external_gateway_info={"network_id": outside.id})
    cloud.network.add_interface_to_router(router, subnet_id=subnet.id)
    try:
        yield {"network_corp": network.id, "subnet_corp": subnet.id, "router": router.id}
    finally:
        cloud.network.remove_interface_from_router(router, subnet_id=subnet.id)
        cloud.network.delete_router(router)
        cloud.network.delete_network(network)
