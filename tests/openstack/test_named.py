"""The names of servers on a real OpenStack tell stack, tier and number, or where members come and go, which one it is."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openstack")

from judges.lifetime import lifetime

pytestmark = pytest.mark.openstack
PROJECT = Path(__file__).parent / "named"
STACK = "adopt-test-named"


def test_names_tell_stack_tier_and_number(cloud: Any, admin: Any, tmp_path: Path) -> None:
    project = shutil.copytree(PROJECT, tmp_path / "named")
    with lifetime(cloud, admin, project, STACK) as life:
        life.compile()
        life.upload()
        life.create()
        servers = [thing for thing in life.things().values() if thing.type == "OS::Nova::Server"]
        names = {tier: [] for tier in ("fixed", "scaled")}
        for thing in servers:
            names[thing.tier].append(cloud.compute.get_server(thing.id).name)
        assert sorted(names["fixed"]) == [f"{STACK}-fixed-0", f"{STACK}-fixed-1"]
        assert len(set(names["scaled"])) == 2
        assert all(re.fullmatch(f"{STACK}-scaled-[0-9a-f]{{8}}", name) for name in names["scaled"]), names
        life.delete()
