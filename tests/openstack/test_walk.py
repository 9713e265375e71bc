"""A walk through settings: each blueprint is created once, then updated through one setting after the other, there and back.

Each update is complete, and the cloud then equals the model; or it was foretold to be impossible, and why, by comparing the two
models. `BPC_WALK=all` walks the whole way, which takes more than an hour; otherwise the fixed part.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("openstack")

from judges.lifetime import Lifetime, lifetime
from test_blueprints import assert_equals_the_model, assert_outputs, delete_all
from walks import WALKS, WHOLE, Step

from bpc.driver import build_model
from bpc.lifecycle.foretell import foretell

if TYPE_CHECKING:
    from bpc.model.solution import Solution

pytestmark = pytest.mark.openstack
BLUEPRINTS = Path(__file__).parents[2] / "blueprints"


@pytest.mark.parametrize("name", [name for name, walk in WALKS.items() if WHOLE or walk.part])
def test_a_blueprint_walks_through_settings(name: str, cloud: Any, admin: Any, tmp_path: Path) -> None:
    walk = WALKS[name]
    steps = walk.steps if WHOLE else walk.steps[: walk.part]
    project = shutil.copytree(BLUEPRINTS / name, tmp_path / name)
    found = []
    with lifetime(cloud, admin, project, f"bpc-walk-{name}") as life:
        life.compile(*walk.settings)
        life.upload()
        life.create()
        for step in steps:
            found += walked(life, step, walk.settings)
        for step in reversed(steps):
            found += walked(life, Step(step.settings, step.instead, step.text), walk.settings)
        delete_all(life)
    assert found == []


def walked(life: Lifetime, step: Step, settings: tuple[str, ...]) -> list[str]:
    """One update; what was wrong with it. One that is foretold to be impossible is not tried."""
    file = life.project / "solution.bp"
    written = file.read_text()
    if step.text not in written and step.instead in written:
        return []  # the way back from a step that was impossible
    assert step.text in written, step
    before = solution(life, settings)
    file.write_text(written.replace(step.text, step.instead, 1))
    foretold = foretell(before, solution(life, settings))
    print(f"{life.stack}: {step.settings}: {'; '.join(foretold) or step.instead.strip()[:60]!r}", flush=True)
    if foretold:
        file.write_text(written)
        return []
    life.compile(*settings)
    life.upload()
    life.update()
    try:
        assert_equals_the_model(life)
        assert_outputs(life)
    except AssertionError as wrong:
        print(f"{life.stack}: {step.settings}: {wrong}", flush=True)
        return [f"{step.settings}: {wrong}"]
    return []


def solution(life: Lifetime, settings: tuple[str, ...]) -> Solution:
    made = build_model(str(life.project / "solution.bp"), "", dict(pair.split("=") for pair in settings)).solution
    assert made is not None
    return made
