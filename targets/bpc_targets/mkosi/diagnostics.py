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
    advice: ClassVar = "known are {known}"
    distribution: str
    version: str
    known: str


class TwoArchitectures(Diagnostic):
    """Two tiers share an image, and their machines have different architectures: an image has one.

    Give the tiers templates of their own.
    """

    code: ClassVar = "MKOSI002"
    message: ClassVar = 'image "{image}" is for machines of different architectures: {architectures}'
    image: str
    architectures: str
