"""Image builds: what a machine carries, as layers of steps.

The steps are a closed union (`Step`). The same steps are either baked into an image or carried out at first boot; which
of both is decided by `bake` when the model is made, so a target never asks.
"""

from __future__ import annotations

from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from bpc.model.values import Text
    from bpc.source import Span

    Kind = Literal["system", "software", "configuration"]
    Bake = Literal["base", "software", "full"]
    Platform = Literal["ansible", "puppet", "chef", "salt"]
    Filesystem = Literal["ext4", "xfs"]

KINDS: tuple[Kind, ...] = ("system", "software", "configuration")
"""The layers of an image, in their order."""


class Repository(Record):
    """A vendor's own apt repository, from which packages may come besides the release's.

    `key` has its OpenPGP keys in binary form, which alone may sign it, and `fingerprints` theirs. `components` are empty where
    `suite` ends with `/`. `priority` is that of its packages for apt: the release's have 500. `source` is the project file of the key.
    """

    name: str
    url: str
    suite: str
    components: tuple[str, ...]
    key: bytes
    fingerprints: tuple[str, ...]
    source: str
    priority: int
    kind: Kind
    span: Span


class Packages(Record):
    """Packages of the release's own repositories, or of a `Repository`, by name (or `name=version`)."""

    names: tuple[str, ...]
    kind: Kind
    span: Span


class Artifact(Record):
    """Software that no package carries: unpacked (tar, zip) or copied to `path`.

    Either `content` (a file of the project, its bytes) or `url` is set. `sha256` is hexadecimal, and verified.
    """

    path: str
    source: str
    content: bytes | None
    url: str | None
    sha256: str
    version: str
    licence: str
    kind: Kind
    span: Span


class Variable(Record):
    """A variable of the environment that a script runs in."""

    name: str
    value: Text


class Run(Record):
    """A script, run as root once; not run where the path `creates` exists.

    A hole of the script has its quoting. `environment` has the step's own variables, whose values no shell reads as text.
    `network`: it has one while mkosi makes an image. Other builders and first boot have one anyway.
    """

    title: str
    script: Text
    environment: tuple[Variable, ...]
    creates: str
    network: bool
    kind: Kind
    span: Span


class File(Record):
    """A file with its content. `mode` is octal text (`0644`); `sensitive` where the content has a secret's hole.

    `reload` names the services to reload when the file changes. `source` is the project file that it came from, or "".
    """

    path: str
    content: Text | bytes
    owner: str
    group: str
    mode: str
    reload: tuple[str, ...]
    source: str
    sensitive: bool
    kind: Kind
    span: Span


class Service(Record):
    """A systemd service that is enabled and started; `unit` is the text of its unit file, or empty where a package brings it."""

    name: str
    unit: Text
    enabled: bool
    kind: Kind
    span: Span


class User(Record):
    """An account of the machine."""

    name: str
    groups: tuple[str, ...]
    shell: str
    home: str
    system: bool
    sudo: bool
    ssh_keys: tuple[Text, ...]
    kind: Kind
    span: Span


class Mount(Record):
    """A volume of the machine: formatted if it is empty, and mounted at `path`, always at first boot. An `existing` one is never formatted."""

    volume: str
    device: Text
    path: str
    filesystem: Filesystem
    existing: bool
    kind: Kind
    span: Span


class Scalar(Record):
    """A single value of a platform's settings; a text may have holes."""

    value: Text | int | float | bool


class Sequence(Record):
    """A list of a platform's settings."""

    items: tuple[Data, ...]


class Entry(Record):
    """One named value."""

    name: str
    value: Data


class Mapping(Record):
    """A map of a platform's settings, in the order of the blueprint."""

    entries: tuple[Entry, ...]


Data = Scalar | Sequence | Mapping


class ProjectFile(Record):
    """A file of the project that a platform uses, by its path in the project."""

    name: str
    content: Text | bytes


class Configure(Record):
    """The rest of the configuration, which a platform brings through cloud-init's own module for it: always at first boot.

    `settings` are those of the blueprint, by their names there. `playbook` is the name of one of `files`, or the path in
    the repository that the setting `url` names; empty for other platforms. The platform's own packages are a step of
    their own, before it.
    """

    platform: Platform
    playbook: str
    settings: tuple[Entry, ...]
    files: tuple[ProjectFile, ...]
    kind: Kind
    span: Span


class Answers(Record):
    """A machine is ready when one of its own endpoints answers on it, at `port`: with one of `codes` where there is a `path`.

    It is asked after all other steps of first boot, until it answers or too little of `within` ms is left to tell why not.
    """

    endpoint: str
    port: int
    protocol: Literal["tcp", "http", "https"]
    path: str
    codes: str
    within: int
    kind: Kind
    span: Span


class Succeeds(Record):
    """A machine is ready when a script of the project succeeds, which is run again and again as an endpoint is asked."""

    source: str
    script: Text
    environment: tuple[Variable, ...]
    within: int
    kind: Kind
    span: Span


Step = Repository | Packages | Artifact | Run | File | Service | User | Mount | Configure | Answers | Succeeds


class Release(Record):
    """What an image starts from: a distribution's release (`debian` `12`)."""

    distribution: str
    version: str


class ReadyImage(Record):
    """What an image starts from: a cloud image that exists, by name or id. Nothing is baked into it."""

    name: str


class Layer(Record):
    """Steps of one kind, in the order of declaration along the `from` chain."""

    kind: Kind
    steps: tuple[Step, ...]


class Base(Record):
    """What images have in common, and builders make once: the release and the system layer.

    `name` is that of the root template (or of the release, where a template stands alone) and the first 12 digits of
    `digest`, the SHA-256 of everything that goes into it.
    """

    name: str
    digest: str
    origin: Release
    steps: tuple[Step, ...]
    span: Span


class Template(Record):
    """The image template that a tier names. Tiers of several may share an image: one of a cloud, or one with the same bits."""

    name: str
    span: Span


class Image(Record):
    """One image that the stack needs; tiers whose bits and architecture are the same share it.

    `name` is the template's name and the first 12 digits of `digest` (a cloud image's own name for a `ReadyImage`); an
    image that carries nothing but its base has the base's. `digest` is the SHA-256 of everything that goes into the image,
    and empty for a `ReadyImage`, which also has no `base`. `template` is the first that gives the image. `layers` are all of them,
    the base's too.
    """

    name: str
    digest: str
    template: str
    origin: Release | ReadyImage
    base: Base | None
    layers: tuple[Layer, ...]
    span: Span
