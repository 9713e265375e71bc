"""What stands beside the templates: parameters, the list of images, and how to deploy by hand."""

from __future__ import annotations

import json

from bpc.model.listing import images_json
from bpc.model.steps import ReadyImage
from bpc.quoting import visible
from bpc.target import Requirement
from bpc.yaml import dump
from bpc_targets.cloudformation import switch
from bpc_targets.cloudformation.amis import made_within, parent
from bpc_targets.cloudformation.limits import INLINE
from bpc_targets.cloudformation.values import parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from bpc.model.steps import Release
    from bpc_targets.cloudformation.stack import Stack

    Templates = dict[str, dict[str, Any]]


def written(templates: Templates) -> dict[str, str]:
    return {name: _written(name, {k: part for k, part in made.items() if part}) for name, made in templates.items()}


def _written(name: str, template: dict[str, Any]) -> str:
    return json.dumps(template, separators=(",", ":")) + "\n" if name.endswith(".json") else dump(template)


def files(stack: Stack, templates: Templates) -> dict[str, str]:
    return {
        "parameters.json": _parameters(stack),
        "update-parameters.json": _parameters(stack, unchanging=stack.unchanging),
        "images.json": images_json(stack.solution),
        "README.txt": _readme(stack, templates),
    }


def requirements(stack: Stack) -> tuple[Requirement, ...]:
    """What must exist before the stack is created."""
    needs = []
    for origin in dict.fromkeys(_origins(stack)):
        what = f"{origin.distribution} {origin.version}"
        needs.append(
            Requirement(kind="AMI", parameter=parent(origin), value="", why=f"{what}, which images start from")
        )
    for group in stack.groups.values():
        if made_within(stack, group.image):
            continue
        name = stack.tier("Image", group.name)
        needs.append(Requirement(kind="AMI", parameter=name, value="", why=f"{group.image}, for tier {group.name}"))
    for group in stack.groups.values():
        name = stack.tier("Type", group.name)
        why = f"for tier {group.name}"
        needs.append(Requirement(kind="flavor", parameter=name, value=stack.values[name], why=why))
    for param in stack.solution.params:
        if param.default is None:
            name, why = parameter(param.name), param.doc or "no default"
            needs.append(Requirement(kind="value", parameter=name, value="", why=why))
    return tuple(needs)


def _origins(stack: Stack) -> list[Release]:
    """The releases from which the stack makes images."""
    images = [image for image in stack.solution.images if made_within(stack, image.name)]
    return [image.base.origin for image in images if image.base is not None]


def _parameters(stack: Stack, unchanging: Sequence[str] = ()) -> str:
    """For `--parameters file://`: what has no value yet is to be filled in."""

    def one(name: str) -> dict[str, str | bool]:
        if name in unchanging:
            return {"ParameterKey": name, "UsePreviousValue": True}
        return {"ParameterKey": name, "ParameterValue": stack.values.get(name, "")}

    return json.dumps([one(name) for name in stack.parameters], indent=2) + "\n"


README = """{title}
{rule}
Made by bpc {compiler}. Everything in this folder is overwritten when you compile again: keep the blueprint in git, not this folder.

All commands are those of the AWS CLI. STACK is a name of your choice.

1. The images (images.json lists what is in each)
{images}
   Write {their} ids into parameters.json, beside the other values that are empty there; keep a copy with your values, since bpc
   writes this folder anew. update-parameters.json is the same for updates.

2. Create
{create}
    aws cloudformation wait stack-create-complete --stack-name STACK

   Every machine reports when it is ready. If one fails, its exit code and the last lines of its log are in the events:
    aws cloudformation describe-stack-events --stack-name STACK

3. Look
    aws cloudformation describe-stacks --stack-name STACK --query 'Stacks[0].Outputs'

4. Update, after compiling again: your values into update-parameters.json (of a new tier, also Awaits... from parameters.json)
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
    built = [image.name for image in stack.solution.images if not isinstance(image.origin, ReadyImage)]
    if not stack.options.imagebuilder or not built:
        return "\n".join(f"    {visible(name)}" for name in built) or "    (cloud images that exist)"
    return WITHIN.format(lookups="\n".join(_lookup(origin) for origin in dict.fromkeys(_origins(stack))))


def _lookup(origin: Release) -> str:
    disk = "ebs-gp2" if origin.version < "24" else "ebs-gp3"
    name = LOOKUP[origin.distribution].format(version=origin.version, disk=disk)
    return f"    {parent(origin)}: aws ssm get-parameter --query Parameter.Value --output text \\\n      --name {name}"


def _readme(stack: Stack, templates: Templates) -> str:
    solution = stack.solution
    title = visible(f"{solution.name} {solution.version}") + (
        f" ({solution.environment})" if solution.environment else ""
    )
    root, text = next(iter(written(templates).items()))
    large = len(templates) > 1 or len(text.encode()) > INLINE
    template = (
        "--template-url https://BUCKET.s3.amazonaws.com/packaged.yaml" if large else f"--template-body file://{root}"
    )
    roles = any(
        made["Type"].startswith("AWS::IAM") for part in templates.values() for made in part["Resources"].values()
    )
    words = {"template": template, "capabilities": " --capabilities CAPABILITY_IAM" if roles else ""}
    kept = [f"{v.name} of tier {g.name}" for g in stack.groups.values() for v in g.volumes if v.keep]
    nested = " --include-nested-stacks" if len(templates) > 1 else ""
    words["nested"] = nested
    moved = dict.fromkeys(tier for name, (tier, _) in stack.owner.items() if name not in templates[root]["Resources"])
    return README.format(
        title=title,
        nested=nested,
        crossing=CROSSING.format(tiers=", ".join(moved)) if moved else "",
        rule="=" * len(title),
        compiler=solution.compiler,
        images=_images(stack),
        create=(PACKAGE.format(root=root) if large else "") + CREATE.format(**words),
        update=(PACKAGE.format(root=root) if large else "") + UPDATE.format(**words),
        replaced=switch.readme(stack),
        their="these" if stack.options.imagebuilder else "their",
        kept=f"\n   Kept, and to be deleted by hand: {', '.join(kept)}\n" if kept else "",
    )
