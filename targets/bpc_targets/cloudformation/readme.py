"""README.txt of a stack: how its images are made, and the commands of the AWS CLI that deploy it."""

from __future__ import annotations

from bpc.model.resources import Fixed
from bpc.quoting import prose, visible, word
from bpc.readme import again, by_hand, environment, of_stack
from bpc_targets.cloudformation.amis import made_within, parent
from bpc_targets.cloudformation.batches import VERSION, batch, batches, holds, interrupted
from bpc_targets.cloudformation.given import explained
from bpc_targets.cloudformation.groups import root_device
from bpc_targets.cloudformation.limits import INLINE
from bpc_targets.cloudformation.scaling import in_service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from bpc.deployment import Deployment, Phase, Upload
    from bpc.model.resources import Group
    from bpc.model.steps import Release
    from bpc_targets.cloudformation.stack import Stack

    Templates = dict[str, dict[str, Any]]

README = """{heading}

All commands are those of the AWS CLI. STACK is a name of your choice, BUCKET a bucket of yours.

What the stack needs from outside (see parameters.json)
{needs}

   These values, and others than those of parameters.json, are in two files of your own outside this folder, which bpc never writes:
   PARAMETERS, at first a copy of parameters.json, and UPDATES, at first a copy of update-parameters.json with the same values.
{secrets}
1. The images, once (images.json lists what is in each; an image's name changes when its content does)
{images}

2. Create
{create}
    aws cloudformation wait stack-create-complete --stack-name STACK

   Every machine reports when it is ready. If one fails, its exit code and the last lines of its log are in the events:
    aws cloudformation describe-stack-events --stack-name STACK

3. Look
    aws cloudformation describe-stacks --stack-name STACK --query 'Stacks[0].Outputs'

4. Update, after compiling again{again}
   What update-parameters.json has anew goes into UPDATES (of a new tier, Awaits... from parameters.json).
{update}
    aws cloudformation wait change-set-create-complete --stack-name STACK --change-set-name NAME
    aws cloudformation describe-change-set --stack-name STACK --change-set-name NAME
    aws cloudformation execute-change-set --stack-name STACK --change-set-name NAME
    aws cloudformation wait stack-update-complete --stack-name STACK

   What it does to the machines that it replaces:
{tiers}
   It waits for each machine that it makes. One that fails, or is not ready in time, fails the update, and CloudFormation goes back to
   what was there, batch by batch as well. A reason is not in the events then, but on the machine's console, which AWS keeps for an hour:
    aws ec2 get-console-output --latest --output text --instance-id ID
   Going back later is an update like any other: compile the earlier blueprint. Leave rollback on (no --disable-rollback): a failed
   update would leave two versions. An update does not wait for machines that a scaling group makes at other times, or because its
   smallest count has grown.
{crossing}{steps}
5. Delete
    aws cloudformation delete-stack --stack-name STACK
    aws cloudformation wait stack-delete-complete --stack-name STACK
{kept}"""

BUILT = """   One of three ways; then write the AMIs' ids into your two files.
   - `sudo bpc build{environment} --image-format raw` makes them beside the blueprint, in out/images. AWS imports them from a bucket (it
     asks for a role, vmimport: see "VM Import/Export" in its documentation); TASK and SNAPSHOT are in the answers:
{imports}
   - `bpc compile{environment} --images packer`: ../packer/README.txt says how Packer makes them (amazon-ebs).
   - `bpc compile{environment} --target cloudformation --images imagebuilder`: the stack makes them, with EC2 Image Builder."""
IMPORT = """    # {parameters}
    aws s3 cp ../images/{file}.raw s3://BUCKET/{file}.raw
    aws ec2 import-snapshot --disk-container Format=RAW,UserBucket='{{S3Bucket=BUCKET,S3Key={file}.raw}}'
    aws ec2 wait snapshot-imported --import-task-ids TASK
    aws ec2 describe-import-snapshot-tasks --import-task-ids TASK
    aws ec2 register-image --name {file} --architecture {architecture} --virtualization-type hvm --ena-support \\
      --root-device-name {device} --block-device-mappings DeviceName={device},Ebs='{{SnapshotId=SNAPSHOT}}'"""
WITHIN = """   The stack makes them with EC2 Image Builder, which takes a quarter of an hour or more; their AMIs stay when the stack is
   deleted. They start from these; write their ids into your two files:
{lookups}"""
LOOKUP = {
    "debian": "/aws/service/debian/release/{version}/latest/amd64",
    "ubuntu": "/aws/service/canonical/ubuntu/server/{version}/stable/current/amd64/hvm/{disk}/ami-id",
}
"""Where the distributions publish the ids of their AMIs, in AWS's own parameters."""
CREATE = """    aws cloudformation create-stack --stack-name STACK {template} \\
      --parameters file://PARAMETERS --capabilities {capability}"""
UPDATE = """    aws cloudformation create-change-set --stack-name STACK --change-set-name NAME {template} \\
      --parameters file://UPDATES --capabilities {capability}{nested}"""
CROSSING = """
   These tiers are in nested stacks, as all does not fit into one: {tiers}. If the stack that runs has them in
   one template ("aws cloudformation describe-stack-resources --stack-name STACK" lists their machines), the update
   makes their machines and volumes anew, empty. Compile from the start with --limit stack_resources=N, below what the
   solution has today, where it will grow.
"""
PACKAGE = """    aws cloudformation package --template-file {root} --s3-bucket BUCKET --output-template-file packaged.yaml
    aws s3 cp packaged.yaml s3://BUCKET/packaged.yaml
"""
STEPS = """
   A machine of {tiers} holds an address or volumes of its own, which a new one cannot have while the old one does. Where the change
   set would replace such a machine ("Replacement": "True" or "Conditional"), do not execute it. Make the change in these steps, each
   an update as above with these values in UPDATES, for those tiers whose machines change; one begins when the one before is complete:
{lines}
"""
PINNED = """   V is the version of the launch template that the tier's machines have before step 1; it keeps them as they are:
    aws ec2 describe-instances --filters Name=instance-state-name,Values=running Name=tag:bpc:solution,Values={solution} \\
      --query 'Reservations[].Instances[].[Tags[?Key==`Name`].Value, Tags[?Key==`aws:ec2launchtemplate:version`].Value]' --output text
"""
SHOWN = 8
"""Steps that are listed; of more, the first two and the last."""


def text(stack: Stack, deployment: Deployment, templates: Templates, size: int) -> str:
    """`size`: bytes of the root template."""
    root = deployment.template
    large = len(templates) > 1 or size > INLINE
    sent = "--template-url https://BUCKET.s3.amazonaws.com/packaged.yaml" if large else f"--template-body file://{root}"
    package = PACKAGE.format(root=root) if large else ""
    capability = _capability(stack)
    nested = " --include-nested-stacks" if len(templates) > 1 else ""
    stays = ", ".join(f"{item.volume} of tier {item.tier}" for item in deployment.kept)
    moved = dict.fromkeys(tier for name, (tier, _) in stack.owner.items() if name not in templates[root]["Resources"])
    return README.format(
        heading=of_stack(stack.solution) + by_hand(stack.solution, "cloudformation"),
        needs="\n".join(
            f"    {n.name} = {'?' if n.value is None else visible(str(n.value))}  ({n.kind}, {prose(n.why)})"
            for n in deployment.needs
        ),
        secrets=explained(stack),
        images=_images(stack, deployment),
        create=package + CREATE.format(template=sent, capability=capability),
        update=package + UPDATE.format(template=sent, nested=nested, capability=capability),
        again=again(stack.solution),
        tiers="\n".join(f"    {group.name}: {_change(stack, group)}" for group in stack.index.groups.values()),
        crossing=CROSSING.format(tiers=", ".join(moved)) if moved else "",
        steps=_steps(stack, deployment.phases),
        kept=f"   These volumes stay, with their data: {stays}.\n" if stays else "   Nothing stays.\n",
    )


def _capability(stack: Stack) -> str:
    """What whoever deploys must allow the template to make."""
    if stack.index.natives:
        from bpc_targets.cloudformation.natives import named

        if named(stack):
            return "CAPABILITY_NAMED_IAM"
    return "CAPABILITY_IAM"


# ---- images


def _images(stack: Stack, deployment: Deployment) -> str:
    origins = [image.base.origin for image in stack.index.built if made_within(stack, image.name) and image.base]
    if origins:
        return WITHIN.format(lookups="\n".join(_lookup(origin) for origin in dict.fromkeys(origins)))
    if not deployment.uploads:
        return "    (none: ready images are used)"
    imports = "\n".join(_import(stack, upload) for upload in deployment.uploads)
    return BUILT.format(environment=environment(stack.solution), imports=imports)


def _import(stack: Stack, upload: Upload) -> str:
    return IMPORT.format(
        parameters=", ".join(upload.parameters),
        file=word(upload.image),
        architecture="arm64" if upload.architecture == "aarch64" else upload.architecture,
        device=root_device(stack, stack.index.groups[upload.tiers[0]]),
    )


def _lookup(origin: Release) -> str:
    disk = "ebs-gp2" if origin.version < "24" else "ebs-gp3"
    name = LOOKUP[origin.distribution].format(version=origin.version, disk=disk)
    return f"    {parent(origin)}: aws ssm get-parameter --query Parameter.Value --output text \\\n      --name {name}"


# ---- updates


def _change(stack: Stack, group: Group) -> str:
    """What happens to the members that an update replaces."""
    if interrupted(stack, group):
        return f"out of service until the new {'one is' if _alone(group) else 'ones are'} ready{_below(stack, group)}"
    if holds(stack, group):
        size = batch(stack, group)
        return f"{size} at a time {'is' if size == 1 else 'are'} missing until ready again{_below(stack, group)}"
    if isinstance(group.members, Fixed):
        return "new ones come beside the old, which go when all the new are ready; none is missing"
    if group.members.minimum == group.members.maximum == 1:
        return "a new one comes beside the old, which goes when the new is ready"
    size = group.update.batch or 1
    return f"{size} at a time, each batch when the one before is ready; at least {in_service(group, group.members)} in service"


def _alone(group: Group) -> bool:
    return (group.members.count if isinstance(group.members, Fixed) else group.members.maximum) == 1


def _below(stack: Stack, group: Group) -> str:
    return f", in {batches(stack, group) + 1} updates (see below)" if holds(stack, group) else ""


def _steps(stack: Stack, phases: tuple[Phase, ...]) -> str:
    """How members change that one update cannot replace; nothing where there are none."""
    if not phases:
        return ""
    lines = list(_lines(phases))
    if len(lines) > SHOWN:
        lines = [
            *lines[:2],
            "       and so on: in each step one more entry is all, and none moves on by one; at last",
            lines[-1],
        ]
    tiers = ", ".join(dict.fromkeys(tier for phase in phases for tier in phase.tiers))
    pinned = any(VERSION in phase.value for phase in phases)
    more = PINNED.format(solution=word(stack.solution.name)) if pinned else ""
    return STEPS.format(tiers=tiers, lines="\n".join(lines)) + more


def _lines(phases: tuple[Phase, ...]) -> Iterator[str]:
    for step in range(phases[-1].step + 1):
        values = ", ".join(f'{phase.parameter} = "{phase.value}"' for phase in phases if phase.step == step)
        yield f"    {step + 1}. {values}"
