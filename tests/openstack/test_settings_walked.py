"""Every setting of what a stack is made of is walked somewhere, and every step leads to a blueprint that compiles, there and back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from walks import EXCUSED, WALKS

import bpc.api
from bpc.vocabulary import BLOCKS

BLUEPRINTS = Path(__file__).parents[2] / "blueprints"
BUILT = {"file scope", "image", "file", "artifact", "run", "service", "user", "configure", "repository", "environment"}
"""Blocks that decide what is in an image or on its machines, or which of the others hold: a change of `tier.image` or `tier.bake`."""
STATEMENTS = {"solution.param", "solution.output", "tier.allow"}


def test_every_blueprint_is_walked() -> None:
    assert {path.parent.name for path in BLUEPRINTS.glob("*/solution.bp")} == set(WALKS)


def test_every_setting_is_walked() -> None:
    walked = {name for walk in WALKS.values() for step in walk.steps for name in step.settings.split()}
    settings = {
        f"{block}.{name}"
        for block, spec in BLOCKS.items()
        if block not in BUILT
        for name in (*spec.settings, *spec.blocks)
    }
    assert walked | set(EXCUSED) == (settings | STATEMENTS) - {"solution.environment"}


@pytest.mark.parametrize("name", WALKS)
def test_every_step_compiles(name: str, tmp_path: Path) -> None:
    project = shutil.copytree(BLUEPRINTS / name, tmp_path / name)
    blueprint = project / "solution.bp"
    settings = tuple(WALKS[name].settings)
    first = blueprint.read_text()
    for step in WALKS[name].steps:
        changed(blueprint, step.text, step.instead, settings)
    for step in reversed(WALKS[name].steps):
        changed(blueprint, step.instead, step.text, settings)
    assert blueprint.read_text() == first


def changed(blueprint: Path, text: str, instead: str, settings: tuple[str, ...]) -> None:
    written = blueprint.read_text()
    assert text in written, text
    blueprint.write_text(written.replace(text, instead, 1))
    made = bpc.api.compile(blueprint, targets=("heat",), settings=dict(pair.split("=") for pair in settings))
    assert not [item for item in made.diagnostics if item.severity == "error"], (instead, made.diagnostics)
