"""No construct is dropped silently: for every field of every model class, each target uses it or refuses it.

The models of a few blueprints are changed in one field at a time, to another value that the field may have; then a target
must write something else, or say why it cannot. What neither happens to stands here, with its reason.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

import bpc.api
import bpc_targets
from bpc.model.document import plain, schema
from bpc.record import Record, fields, replace
from bpc.target import Options

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Iterator

FINE = Path(__file__).parent / "fine"
MODELS = [("everything", ""), ("everything", "baked"), ("configure", ""), ("what-is-there", ""), ("native", "")]
"""Blueprints, each with an environment. Between them they have every class of the model."""
DEFINITIONS = schema()["$defs"]
PLAIN = Options(flavors={}, limits={})
NAMED = {"kind": "layer"}
"""Fields that have another name in the schema."""

REFERENCES = {
    name: users.split()
    for name, users in {
        "Balancer.name": "Endpoint.balancer FromBalancer.balancer Rule.to PublicAddressHole.owner "
        "BalancerAddressHole.endpoint",
        "Endpoint.name": "Listener.endpoint Rule.endpoint",
        "Group.name": "Balancer.group FromGroup.group Rule.to Group.starts_after PublicAddressHole.owner "
        "MemberAddressHole.group MemberAddressesHole.group VolumeDeviceHole.group "
        "Balancer.name Endpoint.balancer FromBalancer.balancer BalancerAddressHole.endpoint",
        "Image.name": "Group.image",
        "Native.name": "NativeHole.native",
        "Network.name": "Group.networks Endpoint.network Balancer.network MemberAddressHole.network "
        "MemberAddressesHole.network",
        "Param.name": "ParamHole.param",
        "ProjectFile.name": "Configure.playbook",
        "Secret.name": "SecretHole.secret",
        "Service.name": "File.reload",
        "Volume.name": "Mount.volume VolumeDeviceHole.volume",
    }.items()
}
"""Names, and what refers to them: a name is changed in all these places at once. A balancer's begins with its group's."""
FITTING = {
    "Group.endpoints",
    "Balancer.listeners",
    "Group.public_address",
    "PublicAddressHole.member",
    "Endpoint.name",
    "Balancer.name",
    "Native.files",
    "Override.file",
    "Override.name",
    "NativeFile.cloud",
    "NativeFile.resources",
    "NativeFile.outputs",
    "NativeHole.output",
}
FITTING |= {user for users in REFERENCES.values() for user in users}
"""Fields that must fit others: names, and what says which kind of thing a name is of. Where another value makes no model, a
target may look in vain (LookupError, StopIteration). That proves nothing, and the next value is tried."""

NETWORK = "it has a network anyway: only `bpc build` takes it away"
LAYER = "which layer a step belongs to: told by where the step stands"
AGAIN = "the model says it again where it counts"
KINDS_OF_STEPS = [
    "Answers",
    "Artifact",
    "Configure",
    "File",
    "Mount",
    "Packages",
    "Repository",
    "Run",
    "Service",
    "Succeeds",
    "User",
]
STACKS = {f"{step}.kind": LAYER for step in KINDS_OF_STEPS} | {
    "Base.digest": f"{AGAIN}: Base.name",
    "Endpoint.balancer": f"{AGAIN}: Listener.endpoint",
    "Endpoint.check": f"{AGAIN}: Listener.check, Answers.codes",
    "Endpoint.existing_address": f"{AGAIN}: Balancer.existing_address, Group.existing_address",
    "Endpoint.health": f"{AGAIN}: Listener.health",
    "Endpoint.last_port": f"{AGAIN}: Rule.last_port",
    "Endpoint.member_port": f"{AGAIN}: Rule.port, Listener.member_port",
    "Endpoint.network": f"{AGAIN}: Balancer.network; without a balancer it is the first (BPC418)",
    "Endpoint.port": f"{AGAIN}: Rule.port, Listener.port",
    "Endpoint.protocol": f"{AGAIN}: Rule.protocol, Listener.protocol",
    "Endpoint.public": f"{AGAIN}: Rule, Balancer.public, Group.public_address",
    "File.source": "where the content came from",
    "Group.bake": f"{AGAIN}: what is left for first boot",
    "Group.template": f"{AGAIN}: the image and first boot; the name is for people, in images.json",
    "Template.name": f"{AGAIN}: the image and first boot; the name is for people, in images.json",
    "Run.network": NETWORK,
    "Mount.volume": f"{AGAIN}: Mount.device",
    "Volume.filesystem": f"{AGAIN}: Mount.filesystem",
    "Volume.mount": f"{AGAIN}: Mount.path",
    "VolumeDeviceHole.group": "always the group whose first boot it stands in",
    "Solution.edition": "of the language, not of the solution",
    "Solution.environments": "the others' names",
}
BUILDERS = {f"{step}.kind": LAYER for step in ("Artifact", "File", "Repository", "Run", "Service", "User")} | {
    "Artifact.licence": "for the bill of materials, which `bpc model` gives",
    "Artifact.version": "for the bill of materials, which `bpc model` gives",
    "File.reload": "nothing runs in an image",
    "File.sensitive": "what has a secret is not baked",
    "File.source": "where the content came from",
    "Run.title": "for first boot's log; while an image is made, a step's place is told",
}
EXCEPTIONS = {
    "heat": STACKS
    | {
        "Base.name": "for builders; Image.layers has what is in an image",
        "Base.origin": f"{AGAIN}: Image.origin",
        "Base.steps": f"{AGAIN}: Image.layers",
        "Image.base": "for builders; Image.layers has what is in an image",
        "Network.public": "says where public addresses may stand, which was checked before",
        "Update.minimum": "kept by the batch: the language refuses one that leaves fewer (docs/architecture.md)",
    },
    "cloudformation": STACKS | {"Group.endpoints": f"{AGAIN}: Rule, Balancer.listeners"},
    "mkosi": BUILDERS,
    "packer": BUILDERS | {"Image.digest": f"{AGAIN}: Image.name", "Run.network": NETWORK},
    "diskimage-builder": BUILDERS
    | {
        "Run.network": NETWORK,
        "Image.digest": f"{AGAIN}: Image.name",
        "Machine.disk": "an image is as large as what is in it, and grows on the machine",
    },
}
IMAGES = {"Image", "Base", "Layer", "Release", "Packages", "Repository", "Artifact", "Run", "File", "Service", "User"}
IMAGES |= {"Machine.architecture", "Machine.disk"}
"""What builders are for, classes and fields; all else is the stack's."""
LISTED = {"Image", "Layer", "Release", "ReadyImage", "Artifact.licence", "Artifact.version"}
"""What images.json is for, classes and fields. That it lists others too, such as a file's mode, makes no machine so."""
ALIKE = {
    "stack": {"Param.type": ("int", "number", "size", "duration", "percent")},
    "cloudformation": {"Group.spread": ("prefer_hosts", "zones")},
    "images": dict.fromkeys(("Layer.kind", "Packages.kind"), ("software", "configuration")),
}
"""Words that come to the same: to a cloud these are numbers; members in different zones of AWS are on different hosts; both layers come over the base, in their order."""
NOWHERE = {
    "FromAnywhere": "has no fields; another peer in its place counts as Rule.peer",
}
"""Classes of which no blueprint has a field."""


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_every_field_counts(name):
    target = bpc_targets.load(name)
    own = bpc_targets.known((*bpc_targets.STACKS, *bpc_targets.IMAGES))[name].options
    ways = [PLAIN, *(replace(PLAIN, chosen=frozenset({option.name})) for option in own if option.kind == "images")]
    silent: dict[str, None] = {}
    used: set[str] = set()
    excused: set[str] = set()
    for solution in map(model, MODELS):
        written = [(way, emitted(target, solution, way)) for way in ways]
        assert all(files for _, (files, _) in written), written
        for path, field, value in concerning(target, solution):
            if field in used:
                continue
            silent[field] = None
            if any(counts(target, new, written, field) for new in changed(solution, path, field, value)):
                used.add(field)
                del silent[field]
        for field in EXCEPTIONS[name]:
            for new in everywhere(solution, field):
                assert not counts(target, new, written, field), f"{field} counts: it needs no exception"
                excused.add(field)
    assert not silent, f"silent: {', '.join(silent)}"
    assert set(EXCEPTIONS[name]) - excused == set(), "no blueprint has other values for these"


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_every_word_counts(name):
    """Where a field takes one of a few words, no two of them come to the same."""
    target = bpc_targets.load(name)
    alike: dict[str, set[tuple[Any, Any]]] = {}
    for solution in map(model, MODELS):
        for path, field, _ in concerning(target, solution):
            left = alike.setdefault(field, set(combinations(words(field), 2)))
            if left:
                changes = {word: put(solution, path, word) for word in words(field)}
                made = {word: proof(emitted(target, new, PLAIN), field) for word, new in changes.items()}
                alike[field] = {(one, other) for one, other in left if made[one] == made[other]}
    known = {field: set(combinations(same, 2)) for field, same in (ALIKE[target.makes] | ALIKE.get(name, {})).items()}
    assert {field: left for field, left in alike.items() if left} == known


def test_every_class_is_there():
    there = {field.partition(".")[0] for solution in map(model, MODELS) for _, field, _ in places(solution)}
    assert set(DEFINITIONS) - there == set(NOWHERE)
    assert set(EXCEPTIONS) == {entry.name for entry in (*bpc_targets.STACKS, *bpc_targets.IMAGES)}


def test_other_values_are_of_the_right_type():
    judged: set[str] = set()
    for solution in map(model, MODELS):
        for path, field, value in places(solution):
            if field not in judged:
                judged.add(field)
                judge = Draft202012Validator({"anyOf": said(field), "$defs": DEFINITIONS})
                for new in others(solution, field, value):
                    record = at(put(solution, path, new), path[:-1])
                    written = plain(record)[NAMED.get(path[-1], path[-1])]
                    assert [error.message for error in judge.iter_errors(written)] == [], field


@cache
def model(which: tuple[str, str]) -> Any:
    folder, environment = which
    return bpc.api.model(FINE / folder / "solution.bp", environment=environment).solution


def counts(target, solution, written, field) -> bool:
    """Whether a target writes or says something else of a changed model, in one of its ways."""
    for way, before in written:
        try:
            if proof(emitted(target, solution, way), field) != proof(before, field):
                return True
        except (LookupError, StopIteration):
            if field not in FITTING:
                raise
    return False


def emitted(target, solution, way) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    made, found = target.emit(solution, way)
    return made and dict(made.files), tuple(d.text for d in found)


def proof(emitted, field):
    """What shows that a field counts: all that is written or said, without a mere list."""
    files, found = emitted
    listed = field in LISTED or field.partition(".")[0] in LISTED
    return files and {path: text for path, text in files.items() if listed or path != "images.json"}, found


def concerning(target, solution) -> Iterator[tuple[tuple[Any, ...], str, Any]]:
    """The places that a target should heed."""
    for path, field, value in places(solution):
        ours = target.makes == "stack" or field in IMAGES or field.partition(".")[0] in IMAGES
        if ours and field not in EXCEPTIONS[target.name]:
            yield path, field, value


# ---- the same model, but for one field


def changed(solution, path, field, value) -> Iterator[Any]:
    """The model with other values at one place."""
    if field in REFERENCES:
        yield renamed(solution, field, value)
    else:
        for new in others(solution, field, value):
            yield put(solution, path, new)


def everywhere(solution, field) -> Iterator[Any]:
    """The model with other values in all places of a field at once."""
    all_others = [(path, others(solution, field, value)) for path, f, value in places(solution) if f == field]
    for number in range(3 if any(values for _, values in all_others) else 0):
        new = solution
        for path, values in all_others:
            if values:
                new = put(new, path, values[number % len(values)])
        yield new


def others(solution, field, value) -> list[Any]:
    """Other values that a field may have: those that it has elsewhere, names of things of its kind, and what its type allows."""
    every = [(f, v) for _, f, v in places(solution)]
    kinds = [name for name, users in REFERENCES.items() if field in users]
    names = [v for f, v in every if f in kinds]
    found = [v for f, v in every if f == field][:20]
    if not kinds:
        found = [*found[:4], *variants(field, value)]
    elif isinstance(value, tuple):
        found += [*variants(field, value), *((*value, name) for name in names if name not in value)]
    else:
        found += names
    return [new for new in {repr(new): new for new in found}.values() if new != value]


def variants(field: str, value: Any) -> Iterator[Any]:
    """Values of a field's type."""
    if words(field):
        yield from words(field)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value // 8, value + 2**30, value + 2**34)
    elif isinstance(value, str):
        yield f"{value}x"
    elif isinstance(value, bytes):
        yield value + b"x"
    elif isinstance(value, tuple):
        yield from (value[::-1], value[:-1])
    elif isinstance(value, dict):
        yield dict(list(value.items())[:-1])
    if {"type": "null"} in said(field):
        yield None


def words(field: str) -> list[Any]:
    """The words of a field that takes one of a few, and None where it may be."""
    options = said(field)
    found = next((option["enum"] for option in options if "enum" in option), [])
    return [*found, None] if found and {"type": "null"} in options else found


def said(field: str) -> list[dict[str, Any]]:
    """What the model's schema says of a field: one or several types."""
    kind, _, name = field.partition(".")
    found = DEFINITIONS[kind]["properties"][NAMED.get(name, name)]
    return found.get("anyOf", [found])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str, Any]]:
    """Every field of every record: the way to it as names of fields and numbers of items, `Class.field`, and its value."""
    if isinstance(value, Record):
        for name, inner in fields(value):
            if name != "span":  # where it was declared: metadata, tested elsewhere
                yield (*path, name), f"{type(value).__name__}.{name}", inner
                yield from places(inner, (*path, name))
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from places(item, (*path, number))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step] if isinstance(step, int) else getattr(value, step)
    return value


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The same with another value at the end of a way."""
    if not path:
        return new
    step, *rest = path
    if isinstance(step, int):
        return (*value[:step], put(value[step], tuple(rest), new), *value[step + 1 :])
    return replace(value, **{step: put(getattr(value, step), tuple(rest), new)})


def renamed(value: Any, name: str, old: str, field: str = "") -> Any:
    """The same with an `x` behind a name, also where it is referred to."""
    if isinstance(value, Record):
        kind = type(value).__name__
        given = {f: renamed(inner, name, old, f"{kind}.{f}") for f, inner in fields(value) if f != "span"}
        return replace(value, **given)
    if isinstance(value, tuple):
        return tuple(renamed(item, name, old, field) for item in value)
    if field in (name, *REFERENCES[name]) and isinstance(value, str) and f"{value}.".startswith(f"{old}."):
        return f"{old}x{value[len(old) :]}"
    return value
