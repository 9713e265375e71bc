"""The AMI of a tier: a parameter, or what EC2 Image Builder makes within the stack (`--images imagebuilder`)."""

from __future__ import annotations

from bpc.model.steps import ReadyImage
from bpc_targets.cloudformation.names import logical
from bpc_targets.cloudformation.stack import attr, ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Group
    from bpc.model.steps import Release
    from bpc_targets.cloudformation.stack import Stack


def ami(stack: Stack, group: Group) -> Any:
    """The AMI of a tier: one that the stack makes, or a parameter."""
    made = made_within(stack, group.image)
    return attr(made, "ImageId") if made else ref(stack.tier("Image", group.name))


def made_within(stack: Stack, name: str) -> str:
    """The id of the resource that makes an image, by the image's name; "" where the stack does not make it."""
    if "imagebuilder" not in stack.options.chosen:
        return ""
    image = stack.index.images[name]
    if isinstance(image.origin, ReadyImage):
        return ""
    return stack.tier("Built", stack.index.users(image)[0].name)


def parent(origin: Release) -> str:
    """The parameter with the AMI of a distribution's release."""
    return logical("Parent", origin.distribution, "".join(c if c.isalnum() else "_" for c in origin.version))
