"""What no image builder makes, in one place. Each has diagnostics of its own for it: subclasses with a code and a message."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic
from bpc.provision.image_base import RELEASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import ClassVar

    from bpc.model.resources import Group
    from bpc.model.steps import Image, Release

ARCHITECTURE = "x86_64"
"""Of the machines that images are made for."""


class NoRelease(Diagnostic):
    """Base: an image starts from a release that the builders do not know."""

    advice: ClassVar = "supported: {known}"
    distribution: str
    version: str
    known: str


class NoArchitecture(Diagnostic):
    """Base: an image is for machines of another architecture."""

    tier: str
    architecture: str


def refused(
    image: Image, users: Iterable[Group], no_release: type[NoRelease], no_architecture: type[NoArchitecture]
) -> Iterator[Diagnostic]:
    """What is wrong with an image that all builders refuse; `users` are the groups that it is for."""
    assert image.base is not None
    release, span = image.base.origin, image.base.span
    if unknown_release(release):
        known = ", ".join(f'{name}("{version}")' for name, version in RELEASES)
        yield no_release(span=span, distribution=release.distribution, version=release.version, known=known)
    for group in other_architecture(users):
        machine = group.machine
        yield no_architecture(span=machine.span, tier=group.name, architecture=machine.architecture)


def unknown_release(release: Release) -> bool:
    """Whether the builders cannot start from a release."""
    return (release.distribution, release.version) not in RELEASES


def other_architecture(users: Iterable[Group]) -> list[Group]:
    """The groups whose machines no image fits."""
    return [group for group in users if group.machine.architecture != ARCHITECTURE]
