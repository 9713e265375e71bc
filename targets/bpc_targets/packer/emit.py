"""Images as Packer templates: a folder for each base and for each image, and what they share.

seed.sh                      makes key, and seed/ with the user data that lets it in
plugins/plugins.pkr.hcl      the plugins, for `packer init` of Packer 1.7 and later
base-0123456789ab/           image.pkr.hcl, variables.pkr.hcl, scripts/, system/ (files)
proxy-0123456789ab/          the same, and image/ (files)
"""

from __future__ import annotations

from bpc.model.index import Index
from bpc.provision import image_base, live_script
from bpc.provision.refused import refused
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
PARENTS = {
    ("debian", "11"): 2 * 2**30,
    ("debian", "12"): 3 * 2**30,
    ("debian", "13"): 3 * 2**30,
    ("ubuntu", "22.04"): 2_252 * 2**20,
    ("ubuntu", "24.04"): 3_584 * 2**20,
}
"""Bytes of the disk that each release's cloud image is."""
LONGEST = 128
"""Characters of an AMI's name."""


def emit(solution: Solution, options: Options) -> tuple[Artifacts | None, tuple[Diagnostic, ...]]:
    """The templates of all images that are built; None with the diagnostics where one cannot be."""
    index = Index(solution)
    images = index.built
    found = tuple(wrong for image in images for wrong in _check(image, index.users(image)))
    if found:
        return None, found
    files: Files = {
        "README.txt": readme.text(solution, images),
        "seed.sh": readme.SEED,
        "plugins/plugins.pkr.hcl": hcl.PLUGINS,
    }
    for image in images:
        assert image.base is not None
        files |= _base(index, image.base)
        if image.name != image.base.name:
            files |= _image(index, image, image.base)
    return Artifacts(files=files), ()


def _check(image: Image, users: Sequence[Group]) -> Iterable[Diagnostic]:
    assert image.base is not None
    yield from refused(image, users, diagnostics.NoRelease, diagnostics.NoArchitecture)
    longest = max(len(image.name), len(image.base.name))
    if longest > LONGEST:
        yield diagnostics.NameTooLong(span=image.span, length=longest)
    need = PARENTS.get((image.base.origin.distribution, image.base.origin.version), 0)
    for group in users:
        if group.machine.disk < need:
            size = group.machine.disk / 2**30
            yield diagnostics.DiskTooSmall(span=group.machine.span, tier=group.name, size=size, need=need / 2**30)


def _base(index: Index, base: Base) -> Files:
    groups = [group for image in index.over(base) for group in index.users(image)]
    return _folder(base.name, image_base.base_title(index, base), base, groups, live_script.of_base(base))


def _image(index: Index, image: Image, base: Base) -> Files:
    title = image_base.image_title(index, image)
    return _folder(image.name, title, base, index.users(image), live_script.of_base(base) | live_script.of_image(image))


def _folder(name: str, title: str, base: Base, groups: Sequence[Group], files: Files) -> Files:
    files = files | {"scripts/1-start.sh": live_script.START, "scripts/9-clean.sh": live_script.clean()}
    uploads = sorted({path.partition("/")[0] for path in files} - {"scripts"}, reverse=True)
    disk = min([LARGEST, *(group.machine.disk for group in groups)])
    release = image_base.codename(base.origin)
    files["variables.pkr.hcl"] = hcl.variables(base.origin, release, disk)
    files["image.pkr.hcl"] = hcl.template(name, title, uploads, [path for path in files if path.startswith("scripts/")])
    return {f"{name}/{path}": content for path, content in files.items()}
