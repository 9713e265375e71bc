"""PACKER0xx: what Packer templates cannot make."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic
from bpc.provision import refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class NoRelease(refused.NoRelease):
    """The Packer target makes images of Debian and Ubuntu releases that it knows: its scripts install packages with apt.

    Start from one of these, or from a `cloud_image("…")` that exists.
    """

    code: ClassVar = "PACKER001"
    message: ClassVar = 'Packer images of {distribution} "{version}" are not supported'


class NoArchitecture(refused.NoArchitecture):
    """The Packer target makes images for x86_64 machines: its QEMU source runs one.

    Give tiers with other machines a `cloud_image("…")` that exists.
    """

    code: ClassVar = "PACKER002"
    message: ClassVar = 'Packer images are for x86_64 machines, but those of tier "{tier}" are {architecture}'


class NameTooLong(Diagnostic):
    """Amazon's images have names of at most 128 characters, and an image's name is its template's with 13 more.

    Give the template a shorter name.
    """

    code: ClassVar = "PACKER003"
    message: ClassVar = "the image's name has {length} characters, but Amazon allows 128"
    advice: ClassVar = "give the template a name of at most 115 characters"
    length: int


class DiskTooSmall(Diagnostic):
    """A machine's disk cannot be smaller than its image, and Packer's images are not smaller than the release's cloud image, which
    they start from.

    Ask for a larger disk; or let `bpc build` make the image, which is as small as the disk.
    """

    code: ClassVar = "PACKER004"
    setting: ClassVar = "disk"
    message: ClassVar = (
        'the disk of tier "{tier}" has {size:g} GiB, but the cloud image that its image starts from has {need:g} GiB'
    )
    advice: ClassVar = "ask for a larger disk, or build with `bpc build`"
    tier: str
    size: float
    need: float
