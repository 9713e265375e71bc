"""MKOSI0xx: what mkosi images cannot be."""

from __future__ import annotations

from bpc.provision import refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class NoRelease(refused.NoRelease):
    """The mkosi target makes images of Debian and Ubuntu releases that it knows.

    Start from one of these, or from a `cloud_image("…")` that exists.
    """

    code: ClassVar = "MKOSI001"
    message: ClassVar = 'mkosi images of {distribution} "{version}" are not supported'


class NoArchitecture(refused.NoArchitecture):
    """The mkosi target makes images for x86_64 machines, which start by BIOS.

    Give tiers with other machines a `cloud_image("…")` that exists.
    """

    code: ClassVar = "MKOSI002"
    message: ClassVar = 'mkosi images are for x86_64 machines, but those of tier "{tier}" are {architecture}'
