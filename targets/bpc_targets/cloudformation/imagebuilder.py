"""`--images imagebuilder`: EC2 Image Builder makes the images inside the stack, and their AMIs feed the launch templates.

Every image has a recipe and an image; bases have their components once. All are named after the first tier that uses them.
A component and a recipe cannot be changed, only made anew with another version; so versions come from the digest of the content,
and a recipe's name has the AMI that it starts from.
"""

from __future__ import annotations

from troposphere import Sub, ec2, iam, imagebuilder

from bpc.deployment import Parameter
from bpc.digest import sha256
from bpc.provision.refused import other_architecture, unknown_release
from bpc_targets.cloudformation import components, diagnostics, network
from bpc_targets.cloudformation.amis import parent
from bpc_targets.cloudformation.stack import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from bpc.model.resources import Group
    from bpc.model.solution import Solution
    from bpc.model.steps import Base, Image, Release
    from bpc_targets.cloudformation.components import Component
    from bpc_targets.cloudformation.stack import Stack

MACHINE = "t3.medium"
"""What the images are made on."""
PARENT_DISK = 8 * 2**30
"""Bytes of disk of the distributions' AMIs; a machine's root volume cannot be smaller than its AMI's."""
TRUSTED = ("AmazonSSMManagedInstanceCore", "EC2InstanceProfileForImageBuilder")
"""AWS's own policies, which Image Builder asks for."""


def add_images(stack: Stack) -> None:
    """All images that are built, and what they share; nothing where none is."""
    users = stack.index.users
    images = [image for image in stack.index.built if users(image)]
    fitting = [_fits(stack, image, users(image)) for image in images]  # each says what is wrong with it
    if not images or not all(fitting):
        return
    _shared(stack, network.subnet(stack, users(images[0])[0].networks[0], 0, public=False))
    bases: dict[str, list[Any]] = {}
    for image in images:
        base, tier = image.base, users(image)[0].name
        assert base is not None
        _parent(stack, base.origin)
        if base.name not in bases:
            bases[base.name] = _components(stack, base, "Base", tier, components.of_base(base))
        _image(stack, image, tier, bases[base.name])


def _fits(stack: Stack, image: Image, groups: Sequence[Group]) -> bool:
    base = image.base
    assert base is not None
    what = f"{base.origin.distribution} {base.origin.version}" if unknown_release(base.origin) else ""
    what = what or next((group.machine.architecture for group in other_architecture(groups)), "")
    if what:
        stack.found.append(diagnostics.NoImage(span=image.span, template=image.template, what=what))
        return False
    small = [group for group in groups if group.machine.disk < PARENT_DISK]
    for group in small:
        span, size = group.machine.span, group.machine.disk / 2**30
        small_disk = diagnostics.DiskTooSmall(span=span, tier=group.name, size=size, need=PARENT_DISK / 2**30)
        stack.found.append(small_disk)
    if small:
        return False
    made = [*components.of_base(base), *components.of_image(image), *components.last()]
    problem = next(components.too_large(made), "")
    if problem:
        largest = ", ".join(components.parts(image))
        found = diagnostics.ImageTooLarge(span=image.span, template=image.template, has=problem, largest=largest)
        stack.found.append(found)
    return not problem


# ---- what all images share


def _shared(stack: Stack, subnet: Any) -> None:
    of = stack.solution
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policies = [Sub(f"arn:${{AWS::Partition}}:iam::aws:policy/{name}") for name in TRUSTED]
    document = {"Version": "2012-10-17", "Statement": [statement]}
    stack.add("BuilderRole", iam.Role, of, AssumeRolePolicyDocument=document, ManagedPolicyArns=policies)
    stack.add("BuilderProfile", iam.InstanceProfile, of, Roles=[ref("BuilderRole")])
    words = "Machines that make images: nobody may connect"
    security = {"VpcId": ref("Vpc"), "GroupDescription": words, "Tags": stack.tags(f"{stack.solution.name}-builder")}
    stack.add("BuilderSecurity", ec2.SecurityGroup, of, **security)
    stack.add(
        "Builder",
        imagebuilder.InfrastructureConfiguration,
        of,
        Name=Sub("${AWS::StackName}"),
        InstanceProfileName=ref("BuilderProfile"),
        InstanceTypes=[MACHINE],
        InstanceMetadataOptions=imagebuilder.InstanceMetadataOptions(HttpTokens="required", HttpPutResponseHopLimit=1),
        SecurityGroupIds=[ref("BuilderSecurity")],
        SubnetId=subnet,
        TerminateInstanceOnFailure=True,
        **network.after(stack, "WayInside"),
    )
    for component in components.last():
        _component(stack, "BuilderLast", of, component)


def _parent(stack: Stack, origin: Release) -> None:
    words = f"AMI of {origin.distribution} {origin.version} from which images are made."
    why = f"{origin.distribution} {origin.version}, which images start from"
    asked = Parameter(name=parent(origin), source="image", value=None, tiers=(), why=why)
    stack.ask(asked, {"Type": "AWS::EC2::Image::Id", "Description": words})


# ---- an image


def _version(digest: str) -> str:
    """A version that is another one for each content: three numbers below 2^30."""
    return f"1.{int(digest[:7], 16)}.{int(digest[7:14], 16)}"


def _components(
    stack: Stack, of: Base | Image, kind: str, tier: str, made: list[Component]
) -> list[tuple[str, Component]]:
    """(id, component) of each, in order."""
    ids = [(stack.tier(kind, tier, number), component) for number, component in enumerate(made)]
    for each, component in ids:
        _component(stack, each, of, component)
    return ids


def _component(stack: Stack, name: str, of: Base | Image | Solution, component: Component) -> None:
    stack.add(
        name,
        imagebuilder.Component,
        of,
        Name=Sub(f"${{AWS::StackName}}-{name}"),
        Description=component.title,
        Platform="Linux",
        Version=_version(component.digest),
        Data=component.data,
        Tags={"bpc:solution": stack.solution.name},
    )


def _image(stack: Stack, image: Image, tier: str, base: list[tuple[str, Component]]) -> None:
    assert image.base is not None
    own = _components(stack, image, "Layer", tier, components.of_image(image))
    chosen = [*base, *own, *(("BuilderLast", component) for component in components.last())]
    recipe, name = stack.tier("Recipe", tier), stack.tier("Built", tier)
    origin = parent(image.base.origin)
    stack.add(
        recipe,
        imagebuilder.ImageRecipe,
        image,
        Name=Sub(f"${{AWS::StackName}}-{name}-${{{origin}}}"),
        Description=image.name,
        Version=_version(sha256("".join(component.digest for _, component in chosen).encode())),
        ParentImage=ref(origin),
        Components=[imagebuilder.ComponentConfiguration(ComponentArn=ref(each)) for each, _ in chosen],
        AdditionalInstanceConfiguration=imagebuilder.AdditionalInstanceConfiguration(
            SystemsManagerAgent=imagebuilder.SystemsManagerAgent(UninstallAfterBuild=True)
        ),
        Tags={"bpc:solution": stack.solution.name},
    )
    _made(stack, image, tier, recipe, name)


def _made(stack: Stack, image: Image, tier: str, recipe: str, name: str) -> None:
    target = imagebuilder.AmiDistributionConfiguration(
        Name=Sub(f"${{AWS::StackName}}-{image.name} {{{{ imagebuilder:buildDate }}}}"),
        AmiTags={"Name": image.name, "bpc:solution": stack.solution.name, "bpc:digest": image.digest},
    )
    place = imagebuilder.Distribution(Region=ref("AWS::Region"), AmiDistributionConfiguration=target)
    distribution = stack.tier("Distribution", tier)
    title = Sub(f"${{AWS::StackName}}-{name}")
    stack.add(distribution, imagebuilder.DistributionConfiguration, image, Name=title, Distributions=[place])
    stack.add(
        name,
        imagebuilder.Image,
        image,
        ImageRecipeArn=ref(recipe),
        InfrastructureConfigurationArn=ref("Builder"),
        DistributionConfigurationArn=ref(distribution),
        ImageTestsConfiguration=imagebuilder.ImageTestsConfiguration(ImageTestsEnabled=False),
        EnhancedImageMetadataEnabled=False,
        Tags={"bpc:solution": stack.solution.name},
    )
