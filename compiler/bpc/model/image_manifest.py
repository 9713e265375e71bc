"""`images.json`: which images a stack needs and what is in each, the same beside every stack."""

from __future__ import annotations

import json

from bpc.model.steps import (
    Answers,
    Artifact,
    Configure,
    File,
    Mount,
    Packages,
    ReadyImage,
    Repository,
    Run,
    Service,
    Succeeds,
    User,
)
from bpc.record import assert_never
from bpc.source import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.index import Index
    from bpc.model.steps import Image, Step


def images_json(index: Index) -> str:
    listed = [_image(index, image) for image in index.solution.images]
    return json.dumps({"format": 1, "images": listed}, indent=2) + "\n"


def _image(index: Index, image: Image) -> dict[str, Any]:
    origin = image.origin
    ready = isinstance(origin, ReadyImage)
    users = index.users(image)
    return {
        "name": image.name,
        "digest": image.digest,
        "template": image.template,
        "from": {"image": origin.name}
        if isinstance(origin, ReadyImage)
        else {"distribution": origin.distribution, "release": origin.version},
        "ready": ready,
        "tiers": [group.name for group in users],
        "templates": {group.name: group.template.name for group in users},
        "architectures": sorted({group.machine.architecture for group in users}),
        "layers": [{"kind": layer.kind, "steps": [describe(step) for step in layer.steps]} for layer in image.layers],
    }


def describe(step: Step) -> dict[str, Any]:
    """A step for people and for builders: what it is, not its content."""
    place = {"source": where(step.span)}
    match step:
        case Repository():
            return {
                "repository": step.name,
                "url": step.url,
                "suite": step.suite,
                "components": list(step.components),
                "keys": list(step.fingerprints),
                "priority": step.priority,
                **place,
            }
        case Packages():
            return {"packages": list(step.names), **place}
        case Artifact():
            return {
                "artifact": step.path,
                "version": step.version,
                "licence": step.licence,
                "sha256": step.sha256,
                **place,
            }
        case Run():
            return {"run": step.title, **place}
        case File():
            return {"file": step.path, "mode": step.mode, "owner": step.owner, **place}
        case Service():
            return {"service": step.name, **place}
        case User():
            return {"user": step.name, **place}
        case Mount():
            return {"mount": step.path, **place}
        case Configure():
            return {"configure": step.platform, **place}
        case Answers():
            return {"ready": step.endpoint, **place}
        case Succeeds():
            return {"ready": step.source, **place}
        case _:
            assert_never(step)
