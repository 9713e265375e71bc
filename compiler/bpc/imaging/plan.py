"""What must be built, in which order, and why.

FOLDER/NAME.qcow2, NAME.raw     the image
FOLDER/NAME.json                what it was made from, its packages, sizes and SHA-256: written last
FOLDER/logs/NAME.log            the builder's log
FOLDER/work                     only root's: bases, and what bpc knows of the images (bpc.imaging.known)
"""

from __future__ import annotations

from bpc.model.fingerprint import fingerprint
from bpc.model.index import Index
from bpc.model.steps import Packages
from bpc.provision.chroot_script import needs_network
from bpc.provision.image_base import own_steps
from bpc.record import Record
from bpc.source import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bpc.imaging.known import Store
    from bpc.model.resources import Group
    from bpc.model.solution import Solution
    from bpc.model.steps import Base, Image, Step

DAY = 86400


class Wanted(Record):
    """What is asked for: of these tiers, or all where it is empty; `rebuild` also what is there. `now` is the time."""

    tiers: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("qcow2",)
    rebuild: bool = False
    now: float = 0


class Job(Record):
    """One run of the builder. `name` is the spec's folder and the output's name; `needs` is the base's, or "" for a base.

    `why` says why it must run, or "" where its result is there; then `note` says of a base how old it is. `steps` are those
    that it does, `network` whether one of them needs one. `users` are the tiers that have the image, which is `image`, and `groups`
    what they are in the model.
    """

    name: str
    title: str
    needs: str
    why: str
    steps: tuple[Step, ...]
    network: bool
    note: str = ""
    users: tuple[str, ...] = ()
    image: Image | None = None
    groups: tuple[Group, ...] = ()


def plan(solution: Solution, store: Store, wanted: Wanted) -> list[Job]:
    """All jobs, bases first."""
    index = Index(solution)
    names = {group.image for group in index.groups.values() if not wanted.tiers or group.name in wanted.tiers}
    images = [image for image in index.built if image.name in names]
    made = [_image(image, index, store, wanted) for image in images]
    waiting = {job.needs for job in made if job.why}
    bases = {image.base.name: image.base for image in images if image.base is not None}
    return [_base(base, store, wanted, waiting) for base in bases.values()] + made


def _base(base: Base, store: Store, wanted: Wanted, waiting: set[str]) -> Job:
    tree, known = f"{base.name}.tree", store.base(base.name)
    needed = tree in waiting
    why = note = ""
    if known is None or store.work is None or store.work.status(tree) is None:
        why = "images need it, and it is not there" if needed else ""
        if needed and store.images and store.work is None:
            why = "images need it, and only root can see whether it is there"
    elif needed and wanted.rebuild:
        why = "--rebuild"
    else:
        note = _age(known.get("made"), wanted.now)
    return Job(name=tree, title="base", needs="", steps=base.steps, why=why, network=True, note=note)


def _age(made: object, now: float) -> str:
    if not isinstance(made, int):
        return ""
    days = int(now - made) // DAY
    return "made today" if days < 1 else f"made {days} day{'s' if days > 1 else ''} ago, with the packages of then"


def _image(image: Image, index: Index, store: Store, wanted: Wanted) -> Job:
    assert image.base is not None
    steps = own_steps(image)
    groups = tuple(index.users(image))
    users = tuple(user(index.solution, group.name) for group in groups)
    why = "--rebuild" if wanted.rebuild else store.fault(image.name, wanted.formats)
    if why == "there is none":
        why = _change(image, steps, users, store) or why
    network = any(isinstance(step, Packages) or needs_network(step) for step in steps)
    base = f"{image.base.name}.tree"
    return Job(
        name=image.name,
        title=f"tier {', '.join(group.name for group in groups)}",
        needs=base,
        steps=steps,
        why=why,
        network=network,
        users=users,
        image=image,
        groups=groups,
    )


def user(solution: Solution, tier: str) -> str:
    """A tier of a solution's environment: what has an image."""
    return f"{solution.name}/{solution.environment}/{tier}"


def _change(image: Image, steps: Sequence[Step], users: Iterable[str], store: Store) -> str:
    """What is another than in the image that one of the tiers had before; "" where none is known."""
    earlier = next((found for found in map(store.earlier, users) if found), None)
    if earlier is None:
        return ""
    name = earlier.get("name")
    if image.base is not None and earlier.get("base") != image.base.name:
        return f"its base is another than that of {name}"
    before = {entry["digest"] for entry in earlier.get("steps", [])}
    now = {entry["digest"]: entry["place"] for entry in inputs(steps)}
    changed = [place for digest, place in now.items() if digest not in before]
    gone = len(before - now.keys())
    if changed:
        return f"{', '.join(dict.fromkeys(changed))} changed since {name}"
    if gone:
        return f"{gone} step{'s are' if gone > 1 else ' is'} gone since {name}"
    return f"the order of its steps, its architecture or bpc's own part changed since {name}"


def inputs(steps: Iterable[Step]) -> list[dict[str, str]]:
    """Each step's place and a digest of what it says."""
    return [{"place": where(step.span), "digest": fingerprint(step)} for step in steps]
