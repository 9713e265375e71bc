"""Images as Packer templates: a folder for each base and for each image, and what they share.

seed.sh                      makes key, and seed/ with the user data that lets it in
plugins/plugins.pkr.hcl      the plugins, for `packer init` of Packer 1.7 and later
base-0123456789ab/           image.pkr.hcl, variables.pkr.hcl, scripts/, system/ (files)
proxy-0123456789ab/          the same, and image/ (files)
"""

from __future__ import annotations

from bpc.firstboot import running, system
from bpc.firstboot.system import RELEASES
from bpc.model.steps import ReadyImage
from bpc.source import where
from bpc.target import Artifacts
from bpc_targets.packer import diagnostics, hcl, readme

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bpc.diagnostics.base import Diagnostic
    from bpc.model.resources import Group
    from bpc.model.solution import Solution
    from bpc.model.steps import Base, Image
    from bpc.target import Options

    Files = dict[str, str | bytes]

LARGEST = 4 * 2**30
"""Bytes of an image's disk; where a machine's is smaller, so is the image's. The machine grows it at first boot."""
LONGEST = 128
"""Characters of an AMI's name."""


def emit(solution: Solution, options: Options) -> tuple[Artifacts | None, tuple[Diagnostic, ...]]:
    """The templates of all images that are built; None with the diagnostics where one cannot be."""
    images = [image for image in solution.images if not isinstance(image.origin, ReadyImage)]
    found = tuple(wrong for image in images for wrong in _check(image, system.groups(solution, image)))
    if found:
        return None, found
    files: Files = {
        "README.txt": readme.text(solution, images),
        "seed.sh": readme.SEED,
        "plugins/plugins.pkr.hcl": hcl.PLUGINS,
    }
    for image in images:
        assert image.base is not None
        users = [other for other in images if other.base == image.base]
        files |= _base(image.base, users, [group for user in users for group in system.groups(solution, user)])
        if image.name != image.base.name:
            files |= _image(image, image.base, system.groups(solution, image))
    return Artifacts(files=files), ()


def _check(image: Image, groups: Sequence[Group]) -> Iterable[Diagnostic]:
    assert image.base is not None
    release = image.base.origin
    if (release.distribution, release.version) not in RELEASES:
        known = ", ".join(f'{name}("{version}")' for name, version in RELEASES)
        span, distribution, version = image.base.span, release.distribution, release.version
        yield diagnostics.NoRelease(span=span, distribution=distribution, version=version, known=known)
    for group in groups:
        if group.machine.architecture != "x86_64":
            span, architecture = group.machine.span, group.machine.architecture
            yield diagnostics.NoArchitecture(span=span, tier=group.name, architecture=architecture)
    longest = max(len(image.name), len(image.base.name))
    if longest > LONGEST:
        yield diagnostics.NameTooLong(span=image.span, length=longest)


def _base(base: Base, users: Sequence[Image], groups: Sequence[Group]) -> Files:
    templates = ", ".join(dict.fromkeys(image.template for image in users))
    title = f"The release and the system layer of {templates} ({where(base.span)})"
    return _folder(base.name, title, base, groups, running.of_base(base))


def _image(image: Image, base: Base, groups: Sequence[Group]) -> Files:
    title = f"Image of {', '.join(group.name for group in groups)} ({where(image.span)})"
    return _folder(image.name, title, base, groups, running.of_base(base) | running.of_image(image))


def _folder(name: str, title: str, base: Base, groups: Sequence[Group], files: Files) -> Files:
    files = files | {"scripts/1-start.sh": running.START, "scripts/9-clean.sh": running.clean()}
    uploads = sorted({path.partition("/")[0] for path in files} - {"scripts"}, reverse=True)
    disk = min([LARGEST, *(group.machine.disk for group in groups)])
    release = RELEASES[base.origin.distribution, base.origin.version]
    files["variables.pkr.hcl"] = hcl.variables(base.origin, release, disk)
    files["image.pkr.hcl"] = hcl.template(name, title, uploads, [path for path in files if path.startswith("scripts/")])
    return {f"{name}/{path}": content for path, content in files.items()}
