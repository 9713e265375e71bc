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


class NoService(Diagnostic):
    """A `service` or `reload` names a unit that the image does not have: first boot would fail there.

    The image's tree is judged when the packages, artifacts and scripts are in: unit files, their aliases, templates of instances and scripts of
    `/etc/init.d`. Where the machine itself installs packages, unpacks artifacts or runs scripts at first boot (`bake = base`, a script
    with a value that is known only when the stack runs, `configure`), these may still bring it, and nothing is reported.
    """

    code: ClassVar = "BPC510"
    message: ClassVar = 'there is no service "{name}" in image {image}'
    advice: ClassVar = "name the package that has it in `packages`, or give its `unit`"
    name: str
    image: str


class NoAccount(Diagnostic):
    """An `owner` or `group` names what the image does not have: first boot would fail there.

    Accounts are those of the image's `/etc/passwd`, `/etc/group` and sysusers.d, cloud-init's own, and each `user` of the template. It is
    judged when, and as far as, services are (BPC510).
    """

    code: ClassVar = "BPC511"
    message: ClassVar = 'there is no {what} "{name}" in image {image}'
    advice: ClassVar = "declare it with `user`, or name the package that makes it in `packages`"
    what: str
    name: str
    image: str


class DiskTooSmall(Diagnostic):
    """A machine's `disk` is smaller than its image: no cloud starts such a machine, or the image cannot be made for it.

    An image is made as small as the smallest disk of the tiers that have it, and at most 3 GiB, which the machine grows at first boot; an
    image of another environment, with larger disks, may be larger.
    """

    code: ClassVar = "BPC512"
    message: ClassVar = 'the disk of tier "{tier}" has {disk}, but image {image} needs {need}'
    tier: str
    disk: str
    image: str
    need: str


class BadSignature(Diagnostic):
    """A repository is not signed by one of the keys in its `key`: nothing was installed from it.

    The vendor may have a new key: take it from them, and compare its fingerprint with the one that they publish elsewhere. If they
    have none, somebody else has signed what is there.
    """

    code: ClassVar = "BPC513"
    message: ClassVar = 'repository "{name}" is not signed by its key, {keys}, for image {image}:\n{output}'
    advice: ClassVar = "ask the vendor for the key, and compare its fingerprint with the one that they publish"
    name: str
    image: str
    keys: str
    output: str


class HostOfRelease(Diagnostic):
    """apt pins packages by the host that they come from. Where a repository is on the same host as the release's mirror, its packages cannot
    be put below the release's, and a higher version would take the place of the release's.

    Give the mirror of the release or the repository another name; or write `priority = 500`, if the vendor may replace the release's packages.
    """

    code: ClassVar = "BPC514"
    message: ClassVar = (
        'the release\'s packages come from {host} too, so that apt cannot put those of repository "{name}" below them'
    )
    advice: ClassVar = "use another host name for one of them, or write `priority = 500` if the vendor may replace the release's packages"
    name: str
    host: str
