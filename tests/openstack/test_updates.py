"""Updates on a real OpenStack: machine after machine, each heard before the next begins; what fails stops there, and can be gone on from.

Guests do not run: the test sends the signals that they would send, later than they are there, so that an update which does not
wait is seen.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("openstack")

from judges import readme
from judges.lifetime import Lifetime, lifetime
from watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.openstack
PROJECT = Path(__file__).parent / "rolling"
LOG = "exit code 100: packages\nE: Unable to locate package ngnix"


def test_an_update_waits_for_each_machine(cloud: Any, admin: Any, tmp_path: Path) -> None:
    project = shutil.copytree(PROJECT, tmp_path / "rolling")
    with lifetime(cloud, admin, project, "bpc-test-rolling") as life:
        life.compile()
        life.upload()
        life.create()
        an_image(life)
        a_failing_second(life)
        gone_on_with_the_same(life)
        gone_back(life)
        a_file(life)
        a_parameter(life)
        a_flavor(life)
        a_tier_that_scaled(life)
        a_tier_that_shrank(life)
        fewer_and_more(life)
        before = life.things()
        life.delete()
        assert life.left(before) == []


def servers(life: Lifetime, tier: str) -> dict[str, str]:
    """The servers of a tier, by the member that they are."""
    return {
        path.split("/")[1]: thing.id
        for path, thing in life.things().items()
        if thing.type == "OS::Nova::Server" and thing.tier == tier
    }


def addresses(life: Lifetime, tier: str) -> dict[str, str]:
    """The address of each member's port."""
    return {
        path: life.cloud.network.get_port(thing.id).fixed_ips[0]["ip_address"]
        for path, thing in life.things().items()
        if path.startswith(f"port.{tier}.")
    }


def edit(life: Lifetime, text: str, instead: str) -> None:
    file = life.project / "solution.bp"
    written = file.read_text()
    assert text in written
    file.write_text(written.replace(text, instead))
    life.compile()
    life.upload()


def rolls(life: Lifetime, tiers: dict[str, int], update: Callable[[Any], None] | None = None) -> Watch:
    """An update in which so many machines of these tiers are made anew, and no two of a tier are waited for at once."""
    before = {tier: servers(life, tier) for tier in ("web", "worker", "lone")}
    watch = Watch(life)
    (update or life.update)(watch)
    assert {tier: watch.heard(tier) for tier in tiers} == tiers
    assert max(watch.together.values(), default=0) <= 1
    for tier, machines in before.items():
        if tier not in tiers:
            assert servers(life, tier) == machines, f"tier {tier} was touched"
    return watch


def an_image(life: Lifetime) -> None:
    kept = addresses(life, "web")
    edit(life, '["nginx"]', '["nginx", "curl"]')
    lone = servers(life, "lone")
    watch = rolls(life, {"web": 3, "worker": 2, "lone": 1})
    assert addresses(life, "web") == kept
    assert list(servers(life, "lone").values()) != list(lone.values())
    assert watch.heard("lone") == 1


def a_failing_second(life: Lifetime) -> None:
    """The third is untouched, the reason is in the events, and `bpc where` points at the tier."""
    before = servers(life, "web")
    edit(life, 'health = "/", public = true }', 'health = "/", public = true }\n    bake = base')
    watch = Watch(life, failing=2, log=LOG)
    with pytest.raises(readme.Failed, match="UPDATE_FAILED"):
        life.update(watch)
    after = servers(life, "web")
    assert [before[member] == after[member] for member in ("0", "1", "2")] == [True, False, False]
    assert watch.heard("web") == 2
    told = readme.run_all(life.folder, "stack failures list", life.stack)
    events = readme.run_all(life.folder, "stack event list", life.stack)
    for line in LOG.splitlines():
        assert line in told
        assert line in events
    found = subprocess.run(
        [sys.executable, "-m", "bpc", "where", "--blueprint", str(life.project / "solution.bp"), "--target", "heat", "--format", "json"],
        input=told, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(found.stdout)[0]["resource"] == "tier.web"


def gone_on_with_the_same(life: Lifetime) -> None:
    """README.txt's way on after a failure that was not the blueprint's: only what failed is made anew, then the rest."""
    listed = readme.run_all(life.folder, "stack resource list --nested-depth 3 --filter", life.stack)
    wait, member = next(
        found.groups() for line in listed.splitlines() if (found := re.search(r"\| wait\.(\w+) .*\| (\S+) +\|$", line))
    )
    (words,) = readme.commands(life.folder, "stack resource mark unhealthy")
    readme.run(life.folder, [*words[:-2], member, f"handle.{wait}"])
    second = servers(life, "web")["2"]
    watch = Watch(life)
    life.update(watch)
    assert watch.heard("web") == 2
    assert servers(life, "web")["2"] == second
    assert max(watch.together.values()) == 1


def gone_back(life: Lifetime) -> None:
    """An update that failed is taken back: batch by batch, with a word that is new."""
    kept = servers(life, "web")
    edit(life, '"nginx", "curl"', '"nginx", "wget"')
    with pytest.raises(readme.Failed, match="UPDATE_FAILED"):
        life.update(Watch(life, failing=2, log=LOG))
    assert [kept[member] == now for member, now in sorted(servers(life, "web").items())] == [True, False, False]
    edit(life, '"nginx", "wget"', '"nginx", "curl"')

    def back(watch: Any) -> None:
        words = readme.commands(life.folder, "stack update", life.stack)[1]
        readme.run(life.folder, ["attempt=second" if word == "attempt=WORD" else word for word in words], watch)

    watch = Watch(life)
    back(watch)
    assert max(watch.together.values(), default=0) == 1


def a_file(life: Lifetime) -> None:
    """In the image template that web and worker share; `lone` has it, too, and is made anew beside the old one."""
    edit(life, 'text = "${colour}\\n"', 'text = "the colour is ${colour}\\n"')
    rolls(life, {"web": 3, "worker": 2, "lone": 1})


def a_parameter(life: Lifetime) -> None:
    """What a machine's first boot writes comes from a parameter, in a file of the user's own."""
    own = life.project / "mine.yaml"
    own.write_text("parameters:\n  colour: green\n")
    life.compile(parameters=own)
    rolls(life, {"web": 3, "worker": 2})


def a_flavor(life: Lifetime) -> None:
    other = next(flavor.name for flavor in life.cloud.compute.flavors() if flavor.name != life.flavors["web"])
    own = life.project / "mine.yaml"
    own.write_text(f"parameters:\n  colour: green\n  flavor_web: {other}\n")
    life.compile(parameters=own)
    rolls(life, {"web": 3})


def a_tier_that_scaled(life: Lifetime) -> None:
    """A scaling policy makes one more, which is waited for in its group; the next update replaces all three, one by one."""
    url = life.outputs()["bpc_scale_up_worker"]
    watch = Watch(life)
    while len(servers(life, "worker")) < 3 or watch.heard("worker") < 1:
        # Heat says nothing where it does not follow, in the cooldown after an update or while it makes one
        assert life.cloud.session.post(url).status_code == 200
        watch()
        time.sleep(2)
    life.settled("tier.worker")
    edit(life, '"nginx", "curl"', '"nginx", "less"')
    life.compile(parameters=life.project / "mine.yaml")
    rolls(life, {"web": 3, "worker": 3, "lone": 1})


def a_tier_that_shrank(life: Lifetime) -> None:
    """A scaling policy takes one away; the next update replaces the two that are left."""
    url = life.outputs()["bpc_scale_down_worker"]
    while len(servers(life, "worker")) > 2:
        assert life.cloud.session.post(url).status_code == 200
        time.sleep(2)
    life.settled("tier.worker")
    edit(life, '"nginx", "less"', '"nginx", "nano"')
    life.compile(parameters=life.project / "mine.yaml")
    rolls(life, {"web": 3, "worker": 2, "lone": 1})


def fewer_and_more(life: Lifetime) -> None:
    """Machines whose ports are beside them go and come; those that stay keep their addresses."""
    kept, machines = addresses(life, "web"), servers(life, "web")
    for count, instead in ((2, 2), (3, 4)):
        file = life.project / "solution.bp"
        file.write_text(re.sub(r"count   = \d\n", f"count   = {instead}\n", file.read_text()))
        life.compile(parameters=life.project / "mine.yaml")
        watch = Watch(life)
        life.update(watch)
        now = servers(life, "web")
        assert len(now) == instead
        assert {member: machines[member] for member in ("0", "1")} == {member: now[member] for member in ("0", "1")}
        stayed = {path: kept[path] for path in ("port.web.front.0", "port.web.front.1")}
        assert stayed.items() <= addresses(life, "web").items()
        assert watch.heard("web") == (0 if count == 2 else 2)
