"""What stands beside the templates: parameters, and the list of images."""

from __future__ import annotations

import json

from bpc.deployment import Deployment, awaited, kept, upload
from bpc.model.image_manifest import images_json
from bpc.yaml import dump
from bpc_targets.cloudformation import batches, readme
from bpc_targets.cloudformation.amis import made_within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.deployment import Parameter
    from bpc_targets.cloudformation.stack import Stack

    Templates = dict[str, dict[str, Any]]


def written(templates: Templates) -> dict[str, str]:
    return {name: _written(name, {k: part for k, part in made.items() if part}) for name, made in templates.items()}


def _written(name: str, template: dict[str, Any]) -> str:
    return json.dumps(template, separators=(",", ":")) + "\n" if name.endswith(".json") else dump(template)


def files(stack: Stack, deployment: Deployment, templates: Templates, size: int) -> dict[str, str]:
    """`size`: bytes of the root template."""
    return {
        "parameters.json": _parameters(deployment, update=False),
        "update-parameters.json": _parameters(deployment, update=True),
        "images.json": images_json(stack.index),
        "README.txt": readme.text(stack, deployment, templates, size),
    }


def deployment(stack: Stack, templates: Templates) -> Deployment:
    """What it takes to deploy the stack. AWS's images have ids: each is given to its tiers' parameters."""

    def parameter(tier: str) -> str:
        return stack.tier("Image", tier)

    return Deployment(
        template=next(iter(templates)),
        parameters=tuple(stack.asked.values()),
        uploads=tuple(
            upload(stack.index, image, parameter) for image in stack.index.built if not made_within(stack, image.name)
        ),
        phases=batches.phases(stack),
        awaited=awaited(stack.index),
        kept=kept(stack.index),
    )


def _parameters(deployment: Deployment, *, update: bool) -> str:
    """For `--parameters file://`: what has no value yet is to be filled in."""

    def one(asked: Parameter) -> dict[str, str | bool]:
        if update and asked.fixed:
            return {"ParameterKey": asked.name, "UsePreviousValue": True}
        return {"ParameterKey": asked.name, "ParameterValue": "" if asked.value is None else str(asked.value)}

    return json.dumps([one(asked) for asked in deployment.parameters], indent=2) + "\n"
