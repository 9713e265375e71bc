"""A stack that adopts volumes which an earlier one kept, reserved addresses and a security group: all are afterwards what they were."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

pytest.importorskip("openstack")

from judges.lifetime import Lifetime, lifetime

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.openstack
PROJECT = Path(__file__).parent / "adopted"
NAME = "adopt-test-there"
CHANGING = ("updated_at", "revision_number", "metadata", "tags")


def test_what_is_adopted_stays_as_it_is(cloud: Any, admin: Any, tmp_path: Path) -> None:
    project = shutil.copytree(PROJECT, tmp_path / "adopted")
    with there(cloud) as ids, lifetime(cloud, admin, project, "adopt-test-kept") as earlier:
        volumes = kept(earlier)
        try:
            adopted(cloud, admin, project, ids, volumes)
        finally:
            for volume in volumes:
                cloud.block_storage.delete_volume(volume)


def kept(life: Lifetime) -> list[str]:
    """The volumes that are left when a stack is deleted, in the order of its members."""
    life.compile()
    life.upload()
    life.create()
    things = life.things()
    life.delete()
    left = {path: thing for path, thing in things.items() if thing in life.left(things)}
    assert [thing.type for thing in left.values()] == ["OS::Cinder::Volume"] * 2
    return [left[path].id for path in sorted(left)]


def adopted(cloud: Any, admin: Any, project: Path, ids: dict[str, Any], volumes: list[str]) -> None:
    blueprint, given = project / "solution.bp", project / "given.yaml"
    text = blueprint.read_text().replace('sql from "192.0.2.0/24"', 'sql from existing("backup")')
    for line in ("size = 1GiB, keep = true", "each = true }"):
        assert line in text
    text = text.replace("size = 1GiB, keep = true", "existing = true")
    blueprint.write_text(text.replace("each = true }", "each = true, address = existing }"))
    parameters = {f"volume.db.data.{number}": volume for number, volume in enumerate(volumes)}
    parameters |= {f"floating_ip.db.{number}": address for number, address in enumerate(ids["addresses"])}
    given.write_text(yaml.safe_dump({"parameters": {**parameters, "security_group_backup": ids["group"]}}))
    before = state(cloud, ids, volumes)
    with lifetime(cloud, admin, project, "adopt-test-later") as life:
        life.compile(parameters=given)
        life.upload()
        life.create()
        joined(cloud, life, ids, volumes)
        blueprint.write_text(blueprint.read_text().replace("port = 5432", "port = 5433"))
        life.compile(parameters=given)
        life.update()
        joined(cloud, life, ids, volumes)
        things = life.things()
        there = [thing.type for thing in things.values() if thing.id in {*volumes, *ids["addresses"], ids["group"]}]
        assert set(there) == {"OS::Cinder::VolumeAttachment"}, "which has its volume's id"
        life.delete()
        assert life.left(things) == []
    settled(cloud, volumes)
    assert state(cloud, ids, volumes) == before


def joined(cloud: Any, life: Lifetime, ids: dict[str, Any], volumes: list[str]) -> None:
    """Each member has its own volume and address, and the group may come."""
    things = life.things()
    servers = {path.split("/")[1]: thing.id for path, thing in things.items() if thing.type == "OS::Nova::Server"}
    for number, (volume, address) in enumerate(zip(volumes, ids["addresses"], strict=True)):
        attached = cloud.block_storage.get_volume(volume).attachments
        assert [one["server_id"] for one in attached] == [servers[str(number)]]
        assert cloud.network.get_ip(address).port_id == things[f"port.db.lan.{number}"].id
    rules = cloud.network.security_group_rules(remote_group_id=ids["group"])
    assert [rule.security_group_id for rule in rules] == [things["security.db"].id]


def settled(cloud: Any, volumes: list[str]) -> None:
    """Waits until volumes are detached."""
    end = time.monotonic() + 60
    while {cloud.block_storage.get_volume(volume).status for volume in volumes} != {"available"}:
        assert time.monotonic() < end, "still attached"
        time.sleep(1)


def state(cloud: Any, ids: dict[str, Any], volumes: list[str]) -> dict[str, Any]:
    """All that the cloud says of what is there."""
    things = {
        "group": cloud.network.get_security_group(ids["group"]),
        **{volume: cloud.block_storage.get_volume(volume) for volume in volumes},
        **{address: cloud.network.get_ip(address) for address in ids["addresses"]},
    }
    return {name: {k: v for k, v in thing.to_dict().items() if k not in CHANGING} for name, thing in things.items()}


@contextlib.contextmanager
def there(cloud: Any) -> Iterator[dict[str, Any]]:
    """Reserved addresses, and a security group of someone else."""
    outside = next(iter(cloud.network.networks(is_router_external=True)))
    group = cloud.network.create_security_group(name=NAME)
    addresses = [cloud.network.create_ip(floating_network_id=outside.id) for _ in range(2)]
    try:
        yield {"group": group.id, "addresses": [address.id for address in addresses]}
    finally:
        for address in addresses:
            cloud.network.delete_ip(address)
        cloud.network.delete_security_group(group)
