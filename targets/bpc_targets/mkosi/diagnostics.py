"""MKOSI0xx: what mkosi images cannot be."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class NoRelease(Diagnostic):
    """The mkosi target makes images of Debian and Ubuntu releases that it knows.

    Start from one of these, or from a `cloud_image("…")` that exists.
    """

    code: ClassVar = "MKOSI001"
    message: ClassVar = 'mkosi images of {distribution} "{version}" are not supported'
    advice: ClassVar = "supported: {known}"
    distribution: str
    version: str
    known: str


class NoArchitecture(Diagnostic):
    """The mkosi target makes images for x86_64 machines, which start by BIOS.

    Give tiers with other machines a `cloud_image("…")` that exists.
    """

    code: ClassVar = "MKOSI002"
    message: ClassVar = 'mkosi images are for x86_64 machines, but those of tier "{tier}" are {architecture}'
    tier: str
    architecture: str
