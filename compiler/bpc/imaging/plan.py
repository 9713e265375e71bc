"""What must be built, in which order, and why.

FOLDER/NAME.qcow2, NAME.raw     the image
FOLDER/NAME.json                what it was made from, its packages, sizes and SHA-256: written last, so it means "whole"
FOLDER/work/NAME.tree           a base, with NAME.tree.json
FOLDER/logs/NAME.log            the builder's log
"""

from __future__ import annotations

import json
import os

from bpc.digest import sha256
from bpc.model.steps import ReadyImage
from bpc.record import Record
from bpc.source import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from bpc.model.solution import Solution
    from bpc.model.steps import Image, Step


class Job(Record):
    """One run of the builder. `name` is the spec's folder and the output's name; `needs` is the base's, or "" for a base.

    `why` says why it must run, or "" where its result is there. `steps` are those that it does.
    """

    name: str
    title: str
    needs: str
    why: str
    steps: tuple[Step, ...]


def plan(solution: Solution, folder: str, tiers: Sequence[str], formats: Sequence[str]) -> list[Job]:
    """All jobs, bases first. `tiers` are those whose images are asked for; all where it is empty."""
    from bpc.model.resources import Group

    groups = [item for item in solution.resources if isinstance(item, Group)]
    wanted = {group.image for group in groups if not tiers or group.name in tiers}
    images = [i for i in solution.images if i.name in wanted and not isinstance(i.origin, ReadyImage)]
    made = [_image(image, folder, formats, groups) for image in images]
    waiting = {job.needs for job in made if job.why}
    bases = {image.base.name: image.base for image in images if image.base is not None}
    first = [
        Job(
            name=f"{base.name}.tree",
            title="base",
            needs="",
            steps=base.steps,
            why=_why_base(folder, base.name, waiting),
        )
        for base in bases.values()
    ]
    return first + made


def _why_base(folder: str, name: str, waiting: set[str]) -> str:
    tree = f"{name}.tree"
    there = os.path.exists(os.path.join(folder, "work", f"{tree}.json"))
    return "images need it, and it is not there" if tree in waiting and not there else ""


def _image(image: Image, folder: str, formats: Sequence[str], groups: Sequence[Any]) -> Job:
    assert image.base is not None
    steps = tuple(step for layer in image.layers if layer.kind != "system" for step in layer.steps)
    used = ", ".join(group.name for group in groups if group.image == image.name)
    files = [f"{image.name}.json", *(f"{image.name}.{form}" for form in formats)]
    missing = [name for name in files if not os.path.exists(os.path.join(folder, name))]
    why = _why(image, steps, folder) if missing else ""
    return Job(name=image.name, title=f"tier {used}", needs=f"{image.base.name}.tree", steps=steps, why=why)


def _why(image: Image, steps: Sequence[Step], folder: str) -> str:
    """In comparison with the latest image of the same template."""
    earlier = _latest(folder, image.template)
    if earlier is None:
        return "there is none"
    if image.base is not None and earlier.get("base") != image.base.name:
        return f"its base is another than that of {earlier['name']}"
    before = {entry["digest"] for entry in earlier.get("steps", [])}
    changed = [entry["place"] for entry in inputs(steps) if entry["digest"] not in before]
    gone = len(before - {entry["digest"] for entry in inputs(steps)})
    what = (
        f"{', '.join(dict.fromkeys(changed))} changed"
        if changed
        else f"{gone} steps are gone"
        if gone
        else "it is not whole"
    )
    return f"{what} since {earlier['name']}"


def _latest(folder: str, template: str) -> dict[str, Any] | None:
    try:
        names = [name for name in os.listdir(folder) if name.endswith(".json") and name.rpartition("-")[0] == template]
        names.sort(key=lambda name: os.path.getmtime(os.path.join(folder, name)))
        with open(os.path.join(folder, names[-1]), encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
    except (OSError, ValueError, IndexError):
        return None
    return found


def inputs(steps: Iterable[Step]) -> list[dict[str, str]]:
    """Each step's place and a digest of what it says."""
    from bpc.model.document import plain

    made = []
    for step in steps:
        said = {key: value for key, value in plain(step).items() if key not in ("source_place", "source")}
        made.append({"place": where(step.span), "digest": sha256(json.dumps(said, sort_keys=True).encode())})
    return made
