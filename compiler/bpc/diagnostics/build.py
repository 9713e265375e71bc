"""BPC5xx: what goes wrong while images are built."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class NoPackage(Diagnostic):
    """The release's repositories do not have a package of this name.

    Names differ between distributions and releases: `apt-cache search`, or the distribution's package search, has them.
    """

    code: ClassVar = "BPC501"
    message: ClassVar = 'package "{name}" for image {image} does not exist'
    name: str
    image: str


class NoVersion(Diagnostic):
    """The release's repositories have the package, but not in the version that `name=version` asks for.

    Repositories keep few versions, and a security update takes the place of the one before. `apt list -a NAME` on a machine
    of the release shows which there are.
    """

    code: ClassVar = "BPC509"
    message: ClassVar = 'package "{name}" exists, but not in version {version}, for image {image}'
    advice: ClassVar = (
        "`apt list -a {name}` on a machine of the release lists the versions; without `={version}` the newest is taken"
    )
    name: str
    version: str
    image: str


class StepFailed(Diagnostic):
    """A step failed while it ran in the image; the end of what it printed is shown with it.

    The step ran in the image's tree, as root, without the image's services running. The whole log is kept.
    """

    code: ClassVar = "BPC502"
    message: ClassVar = "this step failed in image {image}:\n{output}\nthe whole log: {log}"
    image: str
    output: str
    log: str


class BuildFailed(Diagnostic):
    """The builder failed for a reason that does not belong to a step of the blueprint: an unreachable mirror, a full disk.

    Fix the cause and run `bpc build` again: finished images are kept, and nothing unfinished has a final name.
    """

    code: ClassVar = "BPC503"
    message: ClassVar = "image {image} could not be built: {reason}\n{output}\nthe whole log: {log}"
    image: str
    reason: str
    output: str
    log: str


class NotOurs(Diagnostic):
    """`bpc build` is root, and the folder that it writes to may be a stranger's: it follows no link there, and removes nothing
    that it has not made.

    So the output folder, and every folder of the project on the way to it, must be a folder that belongs to root or to the
    user who called sudo. `work` and `logs` in it have a mark that only bpc on this machine makes, and an image's files are
    exchanged only where bpc wrote them. Move away what is in the way, or choose another output folder with `-o`.
    """

    code: ClassVar = "BPC504"
    message: ClassVar = "{path} {reason}"
    advice: ClassVar = "nothing was changed there"
    path: str
    reason: str


class NotConfined(Diagnostic):
    """The steps of a blueprint run as root while an image is built: `bpc build` confines them, and builds nothing where it cannot.

    It needs Linux 5.12 or later, and a root that may make namespaces and map accounts: not the root of a container that has
    only its own accounts (an unprivileged one), and no security module that forbids it. Build on such a machine, or let
    `bpc compile --images mkosi` write what to build, and run mkosi yourself if you trust the blueprint.
    """

    code: ClassVar = "BPC505"
    message: ClassVar = "this machine does not let bpc confine a build, and it builds nothing unconfined: {reason}"
    advice: ClassVar = "`bpc explain BPC505` says what is needed"
    reason: str
