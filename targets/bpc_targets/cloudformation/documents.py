"""What stands beside the templates: parameters, the list of images, and how to deploy by hand."""

from __future__ import annotations

import json

from bpc.deployment import Deployment, awaited, kept, upload
from bpc.model.image_manifest import images_json
from bpc.quoting import visible
from bpc.readme import again, of_stack
from bpc.yaml import dump
from bpc_targets.cloudformation import two_step_update
from bpc_targets.cloudformation.amis import made_within, parent
from bpc_targets.cloudformation.limits import INLINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.deployment import Parameter
    from bpc.model.steps import Release
    from bpc_targets.cloudformation.stack import Stack

    Templates = dict[str, dict[str, Any]]


def written(templates: Templates) -> dict[str, str]:
    return {name: _written(name, {k: part for k, part in made.items() if part}) for name, made in templates.items()}


def _written(name: str, template: dict[str, Any]) -> str:
    return json.dumps(template, separators=(",", ":")) + "\n" if name.endswith(".json") else dump(template)


def files(stack: Stack, deployment: Deployment, templates: Templates) -> dict[str, str]:
    return {
        "parameters.json": _parameters(deployment, update=False),
        "update-parameters.json": _parameters(deployment, update=True),
        "images.json": images_json(stack.index),
        "README.txt": _readme(stack, deployment, templates),
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
        phases=two_step_update.phases(stack),
        awaited=awaited(stack.index),
        kept=kept(stack.index),
    )


def _origins(stack: Stack) -> list[Release]:
    """The releases from which the stack makes images."""
    images = [image for image in stack.index.built if made_within(stack, image.name)]
    return [image.base.origin for image in images if image.base is not None]


def _parameters(deployment: Deployment, *, update: bool) -> str:
    """For `--parameters file://`: what has no value yet is to be filled in."""

    def one(asked: Parameter) -> dict[str, str | bool]:
        if update and asked.fixed:
            return {"ParameterKey": asked.name, "UsePreviousValue": True}
        return {"ParameterKey": asked.name, "ParameterValue": "" if asked.value is None else str(asked.value)}

    return json.dumps([one(asked) for asked in deployment.parameters], indent=2) + "\n"


README = """{heading}

All commands are those of the AWS CLI. STACK is a name of your choice.

1. The images (images.json lists what is in each)
{images}
   Write {their} ids into a copy of parameters.json outside this folder, beside the other values that are empty there, since bpc writes
   this folder anew, and give the copy in its place. update-parameters.json is the same for updates.

2. Create
{create}
    aws cloudformation wait stack-create-complete --stack-name STACK

   Every machine reports when it is ready. If one fails, its exit code and the last lines of its log are in the events:
    aws cloudformation describe-stack-events --stack-name STACK

3. Look
    aws cloudformation describe-stacks --stack-name STACK --query 'Stacks[0].Outputs'

4. Update, after compiling again{again}: your values into update-parameters.json (of a new tier, also Awaits... from parameters.json)
{update}
    aws cloudformation wait change-set-create-complete --stack-name STACK --change-set-name NAME
    aws cloudformation describe-change-set --stack-name STACK --change-set-name NAME{nested}
    aws cloudformation execute-change-set --stack-name STACK --change-set-name NAME
    aws cloudformation wait stack-update-complete --stack-name STACK
{crossing}{replaced}
5. Delete
    aws cloudformation delete-stack --stack-name STACK
    aws cloudformation wait stack-delete-complete --stack-name STACK
{kept}"""

WITHIN = """    (the stack makes them with EC2 Image Builder, which takes a quarter of an hour or more; their AMIs stay when the
    stack is deleted). They start from:
{lookups}"""
LOOKUP = {
    "debian": "/aws/service/debian/release/{version}/latest/amd64",
    "ubuntu": "/aws/service/canonical/ubuntu/server/{version}/stable/current/amd64/hvm/{disk}/ami-id",
}
"""Where the distributions publish the ids of their AMIs, in AWS's own parameters."""
CREATE = """    aws cloudformation create-stack --stack-name STACK {template} \\
      --parameters file://parameters.json{capabilities}"""
UPDATE = """    aws cloudformation create-change-set --stack-name STACK --change-set-name NAME {template} \\
      --parameters file://update-parameters.json{capabilities}{nested}"""
CROSSING = """
   These tiers are in nested stacks, as all does not fit into one: {tiers}. If the stack that runs has them in
   one template ("aws cloudformation describe-stack-resources --stack-name STACK" lists their machines), the update
   makes their machines and volumes anew, empty. Compile from the start with --limit stack_resources=N, below what the
   solution has today, where it will grow.
"""
PACKAGE = """    aws cloudformation package --template-file {root} --s3-bucket BUCKET --output-template-file packaged.yaml
    aws s3 cp packaged.yaml s3://BUCKET/packaged.yaml
"""


def _images(stack: Stack) -> str:
    made = [image.name for image in stack.index.built]
    if "imagebuilder" not in stack.options.chosen or not made:
        return "\n".join(f"    {visible(name)}" for name in made) or "    (cloud images that exist)"
    return WITHIN.format(lookups="\n".join(_lookup(origin) for origin in dict.fromkeys(_origins(stack))))


def _lookup(origin: Release) -> str:
    disk = "ebs-gp2" if origin.version < "24" else "ebs-gp3"
    name = LOOKUP[origin.distribution].format(version=origin.version, disk=disk)
    return f"    {parent(origin)}: aws ssm get-parameter --query Parameter.Value --output text \\\n      --name {name}"


def _readme(stack: Stack, deployment: Deployment, templates: Templates) -> str:
    root, text = deployment.template, written(templates)[deployment.template]
    large = len(templates) > 1 or len(text.encode()) > INLINE
    template = (
        "--template-url https://BUCKET.s3.amazonaws.com/packaged.yaml" if large else f"--template-body file://{root}"
    )
    roles = any(
        made["Type"].startswith("AWS::IAM") for part in templates.values() for made in part["Resources"].values()
    )
    words = {"template": template, "capabilities": " --capabilities CAPABILITY_IAM" if roles else ""}
    stays = ", ".join(f"{item.volume} of tier {item.tier}" for item in deployment.kept)
    nested = " --include-nested-stacks" if len(templates) > 1 else ""
    words["nested"] = nested
    moved = dict.fromkeys(tier for name, (tier, _) in stack.owner.items() if name not in templates[root]["Resources"])
    return README.format(
        heading=of_stack(stack.solution),
        nested=nested,
        again=again(stack.solution),
        crossing=CROSSING.format(tiers=", ".join(moved)) if moved else "",
        images=_images(stack),
        create=(PACKAGE.format(root=root) if large else "") + CREATE.format(**words),
        update=(PACKAGE.format(root=root) if large else "") + UPDATE.format(**words),
        replaced=two_step_update.readme(deployment.phases),
        their="these" if "imagebuilder" in stack.options.chosen else "their",
        kept=f"\n   Kept, and to be deleted by hand: {stays}\n" if stays else "",
    )
