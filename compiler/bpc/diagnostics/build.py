"""BPC5xx: what goes wrong while images are built."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class NoPackage(Diagnostic):
    """The release's repositories have no package of this name.

    Names differ between distributions and releases: `apt-cache search`, or the distribution's package search, has them.
    """

    code: ClassVar = "BPC501"
    message: ClassVar = 'there is no package "{name}" for image {image}'
    name: str
    image: str


class NoVersion(Diagnostic):
    """The release's repositories have the package, but not in the version that `name=version` asks for.

    Repositories keep few versions, and a security update takes the place of the one before. `apt list -a NAME` on a machine
    of the release shows which there are.
    """

    code: ClassVar = "BPC509"
    message: ClassVar = 'package "{name}" exists, but not in version {version}, for image {image}'
    advice: ClassVar = "`apt list -a {name}` on a machine of the release lists the versions; without `={version}` the newest is taken"
    name: str
    version: str
    image: str


class StepFailed(Diagnostic):
    """A step ended with an error while it was done in the image; the end of what it printed is shown with it.

    The step ran in the image's tree, as root, without the image's services running. The whole log is kept.
    """

    code: ClassVar = "BPC502"
    message: ClassVar = "this step failed in image {image}:\n{output}\nthe whole log: {log}"
    image: str
    output: str
    log: str


class BuildFailed(Diagnostic):
    """The builder ended with an error that belongs to no step of the blueprint: a mirror that is gone, a full disk.

    Mend it and run `bpc build` again: what was built stays, and nothing half-built has a final name.
    """

    code: ClassVar = "BPC503"
    message: ClassVar = "image {image} could not be built: {reason}\n{output}\nthe whole log: {log}"
    image: str
    reason: str
    output: str
    log: str
