"""A stack that an earlier bpc compiled is updated by what this one compiles of the same blueprint.

`earlier/` has what the first version that landed (e677d6f) compiled of each sample, with the walk's settings. The commands are
those of each version's own README.txt. `BPC_WALK=all` upgrades them.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

pytest.importorskip("openstack")

from judges.lifetime import Lifetime, lifetime
from test_blueprints import assert_equals_the_model, assert_outputs, delete_all
from walks import WALKS, WHOLE
from watch import Watch

if TYPE_CHECKING:
    from judges.observed import Thing

pytestmark = pytest.mark.openstack
HERE = Path(__file__).parent
BLUEPRINTS = HERE.parents[1] / "blueprints"
STAY = {
    "OS::Neutron::Net",
    "OS::Neutron::Subnet",
    "OS::Neutron::Router",
    "OS::Neutron::SecurityGroup",
    "OS::Neutron::FloatingIP",
    "OS::Cinder::Volume",
    "OS::Octavia::LoadBalancer",
    "OS::Heat::RandomString",
}
"""What an upgrade leaves alone, but for what is a member's own. The CHANGELOG says what it does to the rest."""


TOO_LARGE = {"elk"}
"""Their tiers are replaced as wholes, new machines beside the old, and with `spread = hosts` each needs a host: more than these clouds have."""


EARLIER = {path.name for path in (HERE / "earlier").iterdir()}
"""Samples that the earlier version had."""


def test_every_blueprint_is_upgraded() -> None:
    assert set(WALKS) > EARLIER > TOO_LARGE


@pytest.mark.parametrize("name", sorted(EARLIER - TOO_LARGE) if WHOLE else [])
def test_a_stack_of_an_earlier_version_is_upgraded(name: str, cloud: Any, admin: Any, tmp_path: Path) -> None:
    project = shutil.copytree(BLUEPRINTS / name, tmp_path / name)
    with lifetime(cloud, admin, project, f"bpc-upgrade-{name}") as life:
        life.compile(*WALKS[name].settings)
        shutil.rmtree(life.folder)
        earlier(life, name)
        life.upload()
        life.create()
        before = life.things()
        life.compile(*WALKS[name].settings)
        life.upload()
        watch = Watch(life)
        life.update(watch)
        assert_equals_the_model(life)
        assert_outputs(life)
        assert gone(before, life.things()) == []
        assert sum(watch.heard(tier) for tier in life.model.groups) == sum(map(life.model.members, life.model.groups))
        after = {thing.id for thing in life.things().values()}
        delete_all(life)
        kept = [t.id for t in before.values() if t.type == "OS::Cinder::Volume" and t.id not in after]
        for volume in {volume.id for volume in cloud.block_storage.volumes(details=False)} & {*kept}:
            cloud.block_storage.delete_volume(volume)


def earlier(life: Lifetime, name: str) -> None:
    """The folder as the earlier version made it, and in its environment.yaml what the user changed there: what this cloud has."""
    shutil.copytree(HERE / "earlier" / name, life.folder)
    file = life.folder / "environment.yaml"
    given = yaml.safe_load(file.read_text())["parameters"]
    file.write_text(yaml.safe_dump({"parameters": given | {key: life.given[key] for key in given.keys() & life.given}}))


def gone(before: dict[str, Thing], after: dict[str, Thing]) -> list[str]:
    """What should have stayed, and did not."""
    ids = {thing.id for thing in after.values()}
    own = ("tier.", "port.")
    stay = {path: thing for path, thing in before.items() if thing.type in STAY and not path.startswith(own)}
    return [path for path, thing in stay.items() if thing.id not in ids]
