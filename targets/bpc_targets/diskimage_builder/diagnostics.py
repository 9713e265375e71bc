"""DIB0xx: what diskimage-builder's elements cannot make."""

from __future__ import annotations

from bpc.provision import refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class NoRelease(refused.NoRelease):
    """The diskimage-builder target makes images of Debian and Ubuntu releases that it knows.

    Start from one of these, or from a `cloud_image("…")` that exists.
    """

    code: ClassVar = "DIB001"
    message: ClassVar = 'diskimage-builder images of {distribution} "{version}" are not supported'


class NoArchitecture(refused.NoArchitecture):
    """The diskimage-builder target makes images for x86_64 machines, which start by BIOS.

    Give tiers with other machines a `cloud_image("…")` that exists.
    """

    code: ClassVar = "DIB002"
    message: ClassVar = (
        'diskimage-builder images are for x86_64 machines, but those of tier "{tier}" are {architecture}'
    )
