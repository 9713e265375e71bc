"""No construct is dropped silently: for every field of every model class, each target uses it or refuses it.

The model of a blueprint that has one of everything is changed in one field at a time; then a target must write something
else, or say why it cannot, or look the changed name up in vain. What neither happens to stands here, with its reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import bpc.api
import bpc_targets
from bpc.model.document import schema
from bpc.record import Record, fields, replace
from bpc.source import Span
from bpc.target import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

BLUEPRINT = Path(__file__).parent / "fine" / "everything" / "solution.bp"
DEFINITIONS = schema()["$defs"]
AGAIN = "the model says it again where it counts"
IMAGE = "only what the image carries"
STACKS = {
    "kind": "which layer a step belongs to: only what is left for first boot comes to a stack",
    "Artifact.licence": "for the bill of materials, which `bpc model` gives",
    "Artifact.version": "for the bill of materials, which `bpc model` gives",
    "Base": "what images have in common: for builders",
    "Image.base": "what images have in common: for builders",
    "Endpoint": f"{AGAIN}: Rule, Balancer, Group.public_address",
    "File.source": "where the content came from",
    "File.reload": AGAIN,
    "Group.bake": f"{AGAIN}: what is left for first boot",
    "Mount.volume": f"{AGAIN}: Mount.device",
    "Volume.filesystem": f"{AGAIN}: Mount",
    "Volume.mount": f"{AGAIN}: Mount",
    "VolumeDeviceHole.group": "always the group whose first boot it stands in",
    "Solution.edition": "of the language, not of the solution",
    "Solution.environments": "the others' names",
    "Rule.endpoint": "why there is the rule",
}
EXCEPTIONS: dict[str, dict[str, str]] = {
    "heat": STACKS
    | {
        "Machine.architecture": "by the flavor and the image, as the table of targets says",
        "Network.public": "says where public addresses may stand, which was checked before",
        "Update.minimum": "kept by the batch: the language refuses one that leaves fewer (docs/architecture.md)",
    },
    "cloudformation": STACKS,
}
BUILDERS = {
    "kind": "layers come in their order",
    "Artifact.licence": "for the bill of materials, which `bpc model` gives",
    "Artifact.version": "for the bill of materials, which `bpc model` gives",
    "Base.digest": f"{AGAIN}: Base.name",
    "Base.origin": f"{AGAIN}: Image.origin",
    "Image.digest": f"{AGAIN}: Image.name",
    "Image.origin": f"{AGAIN}: Base.origin",
    "Image.base": "changed one by one",
    "File.reload": "nothing runs in an image",
    "Run.title": "for first boot's log; while an image is made, a step's place is told",
    "File.sensitive": "what has a secret is not baked",
    "File.source": "where the content came from",
}
IMAGES = {"Image", "Base", "Layer", "Release", "Packages", "Artifact", "Run", "File", "Service", "User"}


@pytest.mark.parametrize("name", [*bpc_targets.NAMES, *bpc_targets.IMAGE_NAMES])
def test_every_field_counts(name):
    target = bpc_targets.load(name)
    environment = "" if target.makes == "stack" else "baked"
    solution = bpc.api.model(BLUEPRINT, environment=environment).solution
    written = emitted(target, solution)
    assert written[0], written[1]
    left: dict[str, list[str]] = {}
    used: set[str] = set()
    for path, record in walk(solution):
        kind = type(record).__name__
        if target.makes == "images" and kind not in IMAGES:
            continue
        for field, value in fields(record):
            known = f"{kind}.{field}"
            if field == "span" or known in used or isinstance(value, Record) or holds_records(value):
                continue  # places are metadata, tested elsewhere; records within are changed themselves
            left.setdefault(known, [])
            if any(counts(target, solution, path, record, field, new, written) for new in variants(kind, field, value)):
                used.add(known)
                del left[known]
    reasons = EXCEPTIONS.get(name, BUILDERS)
    silent = [f for f in left if not {f, f.partition(".")[0], f.partition(".")[2]} & set(reasons)]
    assert silent == []


def counts(target, solution, path, record, field, new, written) -> bool:
    try:
        return emitted(target, put(solution, path, replace(record, **{field: new}))) != written
    except (LookupError, StopIteration, ValueError, AttributeError, TypeError, AssertionError):
        return True  # looked at: names that fit nothing, and things of another kind, make no model


def emitted(target, solution) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    made, found = target.emit(solution, Options(flavors={}, limits={}))
    return made and dict(made.files), tuple(d.text for d in found)


def holds_records(value: object) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, Record) for item in value)


def variants(kind: str, field: str, value: Any) -> Iterator[Any]:
    """Other values that a field may have."""
    choices = enumerated(kind, field)
    if choices:
        yield from (choice for choice in choices if choice != value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value + 2**30, value + 2**34)
    elif isinstance(value, str):
        yield from (f"{value}x", "x1", "1")
    elif isinstance(value, bytes):
        yield value + b"x"
    elif value is None:
        yield from ("x", 1, b"x")
    elif isinstance(value, tuple):
        yield from (value[:-1], (*value, "x"))


def enumerated(kind: str, field: str) -> list[Any]:
    said = DEFINITIONS[kind]["properties"].get({"kind": "layer"}.get(field, field), {})
    options = [said, *said.get("anyOf", [])]
    return next((option["enum"] for option in options if "enum" in option), [])


def walk(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Record]]:
    """Every record with the way to it: names of fields and numbers of items."""
    if isinstance(value, Record):
        yield path, value
        for name, inner in fields(value):
            yield from walk(inner, (*path, name))
    elif isinstance(value, tuple) and not isinstance(value, Span):
        for number, item in enumerate(value):
            yield from walk(item, (*path, number))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The same with another value at the end of a way."""
    if not path:
        return new
    step, *rest = path
    if isinstance(step, int):
        return (*value[:step], put(value[step], tuple(rest), new), *value[step + 1 :])
    return replace(value, **{step: put(getattr(value, step), tuple(rest), new)})
