"""Images as mkosi configuration: a folder for each base, and a folder for each image over it.

base-0123456789ab.tree/   mkosi.conf (Format=directory), mkosi.extra/, mkosi.postinst.chroot, mkosi.finalize
proxy-0123456789ab/       mkosi.conf (Format=disk, BaseTrees= the base), the same, mkosi.repart/
either, with a vendor's repository: mkosi.sandbox/
"""

from __future__ import annotations

from bpc.model.index import Index
from bpc.provision import chroot_script, image_base, listing, repositories
from bpc.provision.refused import refused
from bpc.target import Artifacts
from bpc_targets.mkosi import common, diagnostics
from bpc_targets.mkosi.conf import comment, listed, setting, written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from bpc.diagnostics.base import Diagnostic
    from bpc.model.solution import Solution
    from bpc.model.steps import Base, Image, Step
    from bpc.target import Options

    Files = dict[str, str | bytes]
    Conf = dict[str, list[str]]

LARGEST = 3 * 2**30
"""Bytes of a root partition; where a machine's disk is smaller, so is the partition. The machine grows it at first boot."""
ROOM = 16 * 2**20
"""Bytes of a disk beside the root partition."""


def emit(solution: Solution, options: Options) -> tuple[Artifacts | None, tuple[Diagnostic, ...]]:
    """The configuration of all images that are built; None with the diagnostics where one cannot be."""
    index = Index(solution)
    images = index.built
    refusals = (diagnostics.NoRelease, diagnostics.NoArchitecture)
    found = tuple(wrong for image in images for wrong in refused(image, index.users(image), *refusals))
    if found:
        return None, found
    files: Files = {"README.txt": common.readme(solution, images)}
    for image in images:
        assert image.base is not None
        if tree(image.base) not in files:
            files |= _base(index, image.base)
        files |= _image(index, image, image.base)
    return Artifacts(files=files), ()


def tree(base: Base) -> str:
    """The base's folder, and the name of what comes of it."""
    return f"{base.name}.tree"


# ---- folders


def _base(index: Index, base: Base) -> Files:
    conf = _conf(base, base.steps)
    conf["Output"] += ["Format=directory", setting("Output", tree(base))]
    conf["Content"] += [
        comment("what a machine needs to start, to find its address and to receive its first-boot data"),
        listed("Packages", image_base.essential(base.origin)),
        *_packages(base.steps),
    ]
    script = chroot_script.script(base.steps, alone=True) or chroot_script.HEAD
    files = image_base.BASE | chroot_script.trees(base.steps)
    script += common.sources(vendors=bool(repositories.of_steps(base.steps))) + image_base.base_script()
    made = _folder(tree(base), image_base.base_title(index, base), conf, files, script)
    return made | _sandbox(tree(base), base.steps)


def _image(index: Index, image: Image, base: Base) -> Files:
    steps = image_base.own_steps(image)
    seed = _seed(image.digest)
    conf = _conf(base, steps)
    conf["Output"] += ["Format=disk", setting("Output", image.name), setting("Seed", seed)]
    conf["Build"] += [common.mkfs_options(seed)]
    conf["Content"] += [setting("BaseTrees", tree(base), within="%O/"), *_packages(steps)]
    files = common.DISK | chroot_script.trees(steps)
    made = _folder(
        image.name, image_base.image_title(index, image), conf, files, chroot_script.script(steps, alone=True)
    )
    smallest = min([LARGEST, *(group.machine.disk - ROOM for group in index.users(image))])
    own = common.partitions(smallest) | {"mkosi.postoutput": common.GRUB}
    made |= {f"{image.name}/{path}": content for path, content in own.items()}
    return made | (_sandbox(image.name, (*base.steps, *steps)) if chroot_script.packages(steps) else {})


def _sandbox(name: str, steps: Iterable[Step]) -> Files:
    """What mkosi's own apt reads, which installs the packages from outside: in the image's tree the same comes later."""
    return {f"{name}/mkosi.sandbox/{path}": text for path, text in repositories.trees(steps).items()}


def _folder(name: str, title: str, conf: Conf, files: Files, script: str) -> Files:
    made: Files = {
        f"{name}/mkosi.conf": written(f"{title}. Made by bpc.", conf),
        f"{name}/mkosi.finalize": common.FINALIZE,
    }
    made |= {f"{name}/mkosi.extra/{path}": content for path, content in (common.PRESETS | files).items()}
    script = script.replace(chroot_script.HEAD, chroot_script.HEAD + listing.ON_FAILURE, 1)
    return made | ({f"{name}/mkosi.postinst.chroot": script} if script else {})


# ---- mkosi.conf


def _conf(base: Base, steps: Iterable[Step]) -> Conf:
    """What every image says. Packages are fetched by mkosi itself, before the steps; these have a network where one needs it."""
    network = "yes" if any(map(chroot_script.needs_network, steps)) else "no"
    release = image_base.codename(base.origin)
    return {
        "Config": ["MinimumVersion=25"],
        "Distribution": [
            setting("Distribution", base.origin.distribution),
            setting("Release", release),
            "Architecture=x86-64",
        ],
        "Output": ["ManifestFormat=json"],
        "Build": [f"WithNetwork={network}"],
        "Content": [*common.SETTINGS],
    }


def _packages(steps: Iterable[Step]) -> list[str]:
    """The packages after the place of their declaration."""
    places: dict[str, list[str]] = {}
    for name, place in chroot_script.packages(steps):
        places.setdefault(place, []).append(name)
    return [line for place, names in places.items() for line in (comment(place), listed("Packages", names))]


def _seed(digest: str) -> str:
    """A UUID from an image's digest: the same image has the same partitions and directories, bit by bit."""
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
