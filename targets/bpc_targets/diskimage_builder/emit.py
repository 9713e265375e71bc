"""Images as elements of diskimage-builder, which copies each folder of an element beside its hooks into the tree.

build.sh, README.txt
elements/base-0123456789ab/
  element-deps, package-installs.yaml, README.rst, environment.d/, root.d/, pre-install.d/, finalise.d/
  bpc-base/     what the hooks need: settings/, files/, steps.sh, clean.sh
elements/proxy-0123456789ab/
  element-deps, package-installs.yaml, README.rst, install.d/, post-install.d/, bpc-image/ (files/, steps.sh)

All of the system layer happens in pre-install.d, before the image's own packages; repositories of vendors come there too, in a hook of
their own. Hooks have fixed names: dib-run-parts leaves
out names with a dot, and a build has one base and one image.
"""

from __future__ import annotations

from bpc.model.index import Index
from bpc.provision import chroot_script, image_base, repositories
from bpc.provision.refused import refused
from bpc.quoting import comment, visible, word
from bpc.target import Artifacts
from bpc.yaml import quoted, scalar
from bpc_targets.diskimage_builder import diagnostics, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpc.diagnostics.base import Diagnostic
    from bpc.model.solution import Solution
    from bpc.model.steps import Base, Image, Step
    from bpc.target import Options

    Files = dict[str, str | bytes]


def emit(solution: Solution, options: Options) -> tuple[Artifacts | None, tuple[Diagnostic, ...]]:
    """The elements of all images that are built; None with the diagnostics where one cannot be."""
    index = Index(solution)
    images = index.built
    refusals = (diagnostics.NoRelease, diagnostics.NoArchitecture)
    found = tuple(wrong for image in images for wrong in refused(image, index.users(image), *refusals))
    if found:
        return None, found
    files: Files = {"README.txt": texts.readme(solution, images), "build.sh": texts.build(images)}
    for image in images:
        assert image.base is not None
        files |= _base(index, image.base)
        if image.name != image.base.name:
            files |= _image(index, image, image.base)
    return Artifacts(files=files), ()


# ---- elements


def _base(index: Index, base: Base) -> Files:
    release, distribution = image_base.codename(base.origin), base.origin.distribution
    kernel = image_base.KERNELS[distribution]
    essential = [(name, "what a machine needs") for name in image_base.essential(base.origin) if name != kernel]
    steps = chroot_script.script(base.steps) or chroot_script.HEAD
    early, own = repositories.of_steps(base.steps), chroot_script.packages(base.steps)
    copy = texts.copy("bpc-base/files") if chroot_script.trees(base.steps) else ""
    files: Files = {
        "element-deps": f"{distribution}-minimal\npackage-installs\n",
        "environment.d/05-bpc-base.bash": texts.environment(release, distribution),
        "package-installs.yaml": _packages([*essential, *(() if early else own)], "pre-install.d"),
        "root.d/60-bpc-base-settings": texts.hook("Between the release's tree and the first package", texts.SETTINGS),
        "pre-install.d/05-bpc-base-names": texts.hook("Names are found while the image is made", texts.KEEP_NAMES),
        "pre-install.d/60-bpc-base-steps": texts.hook(
            "The system layer, after its packages", texts.NAMES.lstrip() + copy + texts.STEPS.format(folder="bpc-base")
        ),
        "finalise.d/99-zz-bpc-base-clean": texts.hook(
            "The last step of an image", 'bash "$(dirname "$0")/../bpc-base/clean.sh"\n'
        ),
        "bpc-base/steps.sh": texts.lint(steps + image_base.base_script()),
        "bpc-base/clean.sh": texts.lint(texts.CLEAN),
    }
    if early:
        install = f"\ninstall-packages {' '.join(word(name) for name, _ in own)}\n" if own else ""
        files["pre-install.d/20-bpc-base-repositories"] = _repositories("base", base.steps) + install
        files |= {f"bpc-base/repositories/{path}": text for path, text in repositories.trees(base.steps).items()}
    files |= {f"bpc-base/settings/{path}": content for path, content in image_base.BASE.items()}
    files |= {f"bpc-base/files/{path}": content for path, content in chroot_script.trees(base.steps).items()}
    return _element(base.name, image_base.base_title(index, base), files)


def _image(index: Index, image: Image, base: Base) -> Files:
    steps = image_base.own_steps(image)
    files: Files = {"element-deps": f"{base.name}\n"}
    if repositories.of_steps(steps):
        files["pre-install.d/70-bpc-image-repositories"] = _repositories("image", steps)
        files |= {f"bpc-image/repositories/{path}": text for path, text in repositories.trees(steps).items()}
    if chroot_script.packages(steps):
        files["package-installs.yaml"] = _packages(chroot_script.packages(steps), "install.d")
    if chroot_script.trees(steps):
        files["install.d/60-bpc-image-files"] = texts.hook(
            "Files of the image, after its packages", texts.copy("bpc-image/files")
        )
        files |= {f"bpc-image/files/{path}": content for path, content in chroot_script.trees(steps).items()}
    if script := chroot_script.script(steps):
        files["post-install.d/60-bpc-image-steps"] = texts.hook(
            "Accounts, owners, software and services of the image", texts.STEPS.format(folder="bpc-image")
        )
        files["bpc-image/steps.sh"] = texts.lint(script)
    return _element(image.name, image_base.image_title(index, image), files)


def _repositories(folder: str, steps: Sequence[Step]) -> str:
    """A hook: the repositories come before the packages that are theirs, and after ca-certificates."""
    body = (
        f"{texts.copy(f'bpc-{folder}/repositories')}\n{texts.lines(repositories.CHECK)}\n{repositories.checks(steps)}"
    )
    return texts.hook(f"Repositories of the {folder}", body)


def _element(name: str, title: str, files: Files) -> Files:
    page = f"{'=' * len(name)}\n{name}\n{'=' * len(name)}\n\n{visible(title)}. Made by bpc.\n"
    return {f"elements/{name}/{path}": content for path, content in (files | {"README.rst": page}).items()}


def _packages(packages: Sequence[tuple[str, str]], phase: str) -> str:
    """package-installs.yaml of (package, place) in an order that does not matter to apt."""
    places: dict[str, list[str]] = {}
    for name, place in dict(packages).items():
        places.setdefault(place, []).append(name)
    lines = [
        line
        for place, names in places.items()
        for line in (comment(place), *(f"{quoted(name)}:\n  phase: {scalar(phase)}" for name in names))
    ]
    return "# Made by bpc.\n" + "\n".join(lines) + "\n"
