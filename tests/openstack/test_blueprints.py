"""Each blueprint's whole life on a real OpenStack."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("openstack")

from judges import readme
from judges.expected import expected
from judges.lifetime import Lifetime, lifetime
from lives import LIVES, Life

if TYPE_CHECKING:
    from judges.observed import Thing

pytestmark = pytest.mark.openstack
BLUEPRINTS = Path(__file__).parents[2] / "blueprints"


def test_every_blueprint_is_lived() -> None:
    assert {path.parent.name for path in BLUEPRINTS.glob("*/solution.bp")} == set(LIVES)


@pytest.mark.parametrize("name", LIVES)
def test_a_blueprint_lives_on_the_cloud(name: str, cloud: Any, admin: Any, tmp_path: Path) -> None:
    project = shutil.copytree(BLUEPRINTS / name, tmp_path / name)
    with lifetime(cloud, admin, project, f"bpc-test-{name}") as life:
        life.compile(*LIVES[name].settings)
        life.upload()
        life.create()
        assert life.guests.early == []
        assert_equals_the_model(life)
        assert_outputs(life)
        update_one_tier(life, LIVES[name])
        delete_all(life)


def assert_equals_the_model(life: Lifetime) -> None:
    wanted, found = expected(life.model, life.flavors), life.facts()
    differences = {
        kind: {
            "missing": list((wanted[kind] - found[kind]).elements()),
            "extra": list((found[kind] - wanted[kind]).elements()),
        }
        for kind in wanted
        if wanted[kind] != found[kind]
    }
    assert differences == {}


def assert_outputs(life: Lifetime) -> None:
    outputs = life.outputs()
    assert {name: outputs.get(name) for name in life.model.outputs if not outputs.get(name)} == {}


def update_one_tier(life: Lifetime, plan: Life) -> None:
    """Another image and another count of one tier: the rest of the stack is as it was, and all equals the new model."""
    before = life.things()
    for name, text, instead in plan.edits:
        edit(life.project / name, text, instead)
    life.compile(*plan.changed)
    life.upload()
    life.update()
    assert_equals_the_model(life)
    found = changes(before, life.things(), plan.tier)
    assert not found, "\n".join(found)


def edit(file: Path, text: str, instead: str) -> None:
    written = file.read_text()
    assert text in written
    file.write_text(written.replace(text, instead))


def changes(before: dict[str, Thing], after: dict[str, Thing], apart_from: str) -> list[str]:
    """What came, went, was replaced or updated, apart from a tier's things.

    Heat "updates" everything that is a stack itself (groups, members with a file) whenever the whole is updated, and lets
    what is inside decide: for those only the identity counts.
    """
    paths = sorted(before.keys() | after.keys())
    pairs = [(path, before.get(path), after.get(path)) for path in paths]
    found = [(path, _change(old, new)) for path, old, new in pairs if (old or new).tier != apart_from]
    return [f"{path}: {change}" for path, change in found if change]


def _change(old: Thing | None, new: Thing | None) -> str:
    if old is None or new is None:
        return "came" if old is None else "went"
    if old.id != new.id:
        return "replaced"
    return f"updated at {new.updated}" if old.updated != new.updated and not new.nested else ""


def delete_all(life: Lifetime) -> None:
    """Nothing is left but the volumes to be kept, which the test deletes."""
    before = life.things()
    life.delete()
    kept = {
        (name, f"volume.{volume['name']}")
        for name, group in life.model.groups.items()
        for volume in group["volumes"]
        if volume["keep"]
    }
    left = life.left(before)
    volumes = [thing for thing in left if (thing.tier, thing.path.rpartition("/")[2]) in kept]
    for volume in volumes:
        assert life.cloud.block_storage.get_volume(volume.id).status == "available"
        life.cloud.block_storage.delete_volume(volume.id)
    assert [thing for thing in left if thing not in volumes] == []
    assert {(thing.tier, thing.path.rpartition("/")[2]) for thing in volumes} == kept


LOG = "exit code 100: packages\nE: Unable to locate package ngnix"


def test_the_log_of_a_failed_first_boot_is_in_the_events(cloud: Any, admin: Any, tmp_path: Path) -> None:
    project = shutil.copytree(Path(__file__).parent / "failing", tmp_path / "failing")
    with lifetime(cloud, admin, project, "bpc-test-failing") as life:
        life.compile()
        life.upload()
        with pytest.raises(readme.Failed, match="CREATE_FAILED"):
            life.create(answer=lambda: life.guests.say_failed(LOG))
        events = readme.run_all(life.folder, "stack event list", life.stack)
        failures = readme.run_all(life.folder, "stack failures list", life.stack)
        for line in LOG.splitlines():
            assert line in events
            assert line in failures
        before = life.things()
        life.delete()
        assert life.left(before) == []
