"""Image templates to steps, and steps to what the image carries and what first boot does."""

from __future__ import annotations

from bpc.check.calls import missing
from bpc.diagnostics import lower
from bpc.diagnostics.base import Note
from bpc.diagnostics.check import BlockTwice
from bpc.language.coerce import EvaluationError, coerce
from bpc.language.values import TemplateValue
from bpc.lower.block_reader import BlockReader, same_path
from bpc.lower.scope import UNKNOWN, Lazy, Scope, Unknown
from bpc.lower.steps import steps_of
from bpc.model.fingerprint import fingerprint
from bpc.model.steps import (
    KINDS,
    Artifact,
    Base,
    Configure,
    File,
    Image,
    Layer,
    ReadyImage,
    Release,
    Repository,
    Service,
    Step,
    Variable,
)
from bpc.model.wanted import may_bring, wants
from bpc.record import Record, fields, replace
from bpc.resolve.symbols import ArgumentSymbol, LetSymbol
from bpc.source import Span
from bpc.syntax.tree import type_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.language.values import Value
    from bpc.lower.context import Touch
    from bpc.lower.scope import Lock, Lowering
    from bpc.model.resources import Architecture
    from bpc.model.steps import Bake
    from bpc.syntax.tree import Parameter

BAKED = {"base": KINDS[:1], "software": KINDS[:2], "full": KINDS}
FORMAT = 4
"""Counts up when the same inputs would give another image: it is part of every digest."""


class Built(Record):
    """An image, the steps that are left for first boot, and what its template wanted of endpoints."""

    image: Image
    first_boot: tuple[Step, ...]
    touched: frozenset[Touch]
    size: int


class Images:
    """The images of a solution: what tiers share is made once. `used` are the templates that were built, by their blocks."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering
        self.made: dict[str, Image] = {}
        self.used: set[int] = set()
        self._built: dict[tuple[object, ...], tuple[Built, Bake]] = {}

    def shared(self, image: Image) -> Image:
        """The first image that is the same bits."""
        return self.made.setdefault(image.digest or image.name, image)

    def build(
        self, template: TemplateValue, bake: Bake | None, said: Span, architecture: Architecture, *, volumes: bool
    ) -> tuple[Built, Bake]:
        """What a template gives with its arguments. Raises `EvaluationError`."""

        def made() -> tuple[Built, Bake]:
            return build(template, bake, said, self, architecture, volumes=volumes)

        try:
            arguments = tuple(sorted(template.arguments.items(), key=lambda item: item[0]))
            kinds = tuple(_kind(value) for _, value in arguments)  # to Python, 1 and 1.0 and True are one key
            key = (id(template.block), arguments, kinds, bake, architecture, volumes)
            if key not in self._built:
                self._built[key] = made()
            return self._built[key]
        except TypeError:  # an argument that cannot be hashed, such as a map
            return made()


def _kind(value: Value) -> object:
    return tuple(_kind(item) for item in value) if isinstance(value, tuple) else type(value)


def build(
    template: TemplateValue, bake: Bake | None, said: Span, images: Images, architecture: Architecture, *, volumes: bool
) -> tuple[Built, Bake]:
    """What a template gives with its arguments, baked in one of three ways. Raises `EvaluationError`.

    Where first boot brings anything (`volumes` too), the image has its services switched off, and first boot switches them
    on: a service that started before its password or its data were there would make its own.
    """
    context = images.lowering.context
    failures = context.failures
    with context.recording() as touched:
        chain = _chain(template, images)
        for link in chain:
            context.steps(context.weight(link.template.block), template.span)
        steps = [step for index, link in enumerate(chain) for step in _steps(link, index, len(chain))]
    origin = chain[0].origin
    ready = isinstance(origin, ReadyImage)
    bake = bake or ("base" if ready else "software")
    if ready and bake != "base":
        assert isinstance(origin, ReadyImage)
        raise EvaluationError(lower.ReadyImageChanged(span=said, name=origin.name))
    _check_platforms(steps, bake, said)
    _check_repositories(steps, origin)
    if context.failures == failures and all(link.body.whole for link in chain):
        _check_wants(steps, origin, images)
    size = sum(_size(step) for step in steps)
    context.room(2 * size, template.span)
    _check_paths(steps)
    steps.sort(key=lambda step: KINDS.index(step.kind))
    baked = () if ready else BAKED[bake]
    carried = [step for step in steps if step.kind in baked and not _deferred(step)]
    left = tuple(step for step in steps if not (step.kind in baked and not _deferred(step)))
    if left or volumes:
        waiting = [
            step for step in carried if isinstance(step, Service) and step.kind == "configuration" and step.enabled
        ]
        carried = [replace(step, enabled=False) if step in waiting else step for step in carried]
        left += tuple(replace(step, unit=()) for step in waiting)  # the image has their unit files
    image = _image(template, chain, carried, architecture, images.lowering.lock)
    return Built(image=image, first_boot=left, touched=frozenset(touched), size=size), bake


def _size(value: object) -> int:
    """Bytes of a step's texts, about."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, tuple):
        return sum(_size(item) for item in value)
    if isinstance(value, Record):
        return sum(_size(item) for name, item in fields(value) if name != "span")
    return 0


def _check_paths(steps: list[Step]) -> None:
    """No file lies below another one. Raises `EvaluationError`."""
    placed = {same_path(step.path): step for step in steps if isinstance(step, File | Artifact)}
    for path, step in placed.items():
        above = path
        while above := above.rpartition("/")[0]:
            if above in placed:
                notes = (Note(span=placed[above].span, text="the file"),)
                problem = f'"{path}" cannot be placed: "{above}" is a file, not a folder'
                raise EvaluationError(lower.BadValue(span=step.span, problem=problem, notes=notes))


def _check_wants(steps: list[Step], origin: Release | ReadyImage | None, images: Images) -> None:
    """Reports services and accounts that nothing brings; where packages, artifacts or scripts may, only a build can tell."""
    if isinstance(origin, Release) and not may_bring(steps) and any(want.name != "root" for want in wants(steps)):
        from bpc.lower.brings import unbrought

        for found in unbrought(steps, origin):
            images.lowering.context.report(found)


def _check_platforms(steps: list[Step], bake: Bake, said: Span) -> None:
    """A machine has one platform at most, and it works when the machine starts. Raises `EvaluationError`."""
    found = [step for step in steps if isinstance(step, Configure)]
    if found and bake == "full":
        notes = (Note(span=said, text="said here"),)
        raise EvaluationError(lower.ConfiguredInImage(span=found[0].span, platform=found[0].platform, notes=notes))
    if len(found) > 1:
        notes = (Note(span=found[0].span, text="the first one, along `from`"),)
        raise EvaluationError(BlockTwice(span=found[1].span, word="configure", notes=notes))


def _check_repositories(steps: list[Step], origin: Release | ReadyImage | None) -> None:
    """Raises `EvaluationError` where a release has no apt, or where apt could not tell repositories apart."""
    found = [step for step in steps if isinstance(step, Repository)]
    if found:
        from bpc.lower.repositories import check_repositories

        check_repositories(found, origin)


class Link(Record):
    """One template of a `from` chain, with its scope; `origin` of the root."""

    template: TemplateValue
    body: BlockReader
    origin: Release | ReadyImage | None


def _chain(template: TemplateValue, images: Images) -> list[Link]:
    """The templates along `from`, root first."""
    links: list[Link] = []
    seen: set[int] = set()
    current: Value = template
    while isinstance(current, TemplateValue):
        if id(current.block) in seen:
            raise EvaluationError(lower.LetCycle(span=current.span, name=template_name(current)))
        seen.add(id(current.block))
        images.used.add(id(current.block))
        if not images.lowering.sound(current.block):
            raise EvaluationError(None)
        body = BlockReader(current.block, _scope(current, images.lowering))
        source: Value = body.value_or("from", Release(distribution="debian", version="12"))
        links.append(
            Link(template=current, body=body, origin=source if isinstance(source, Release | ReadyImage) else None)
        )
        current = source
    return links[::-1]


def template_name(template: TemplateValue) -> str:
    """The name of a template's block."""
    return getattr(template.block.label, "text", "")


def _scope(template: TemplateValue, lowering: Lowering) -> Scope:
    """The names inside a template: its parameters with their arguments, and its `let`s."""
    file = lowering.file(template.file)
    scope = Scope(lowering, file)
    for symbol in lowering.bindings.declared(template.block).values():
        if isinstance(symbol, LetSymbol):
            scope.let(symbol, symbol.nodes[0])
        elif isinstance(symbol, ArgumentSymbol):
            scope.values[symbol] = _argument(template, symbol.node, file)
    return scope


def _argument(template: TemplateValue, param: Parameter, file: Scope) -> Value | Lazy | Unknown:
    name = param.name.text
    if not file.lowering.sound(param):
        return UNKNOWN
    if name in template.arguments:
        return coerce(template.arguments[name], type_text(param.type), template.places[name], deploy=True)
    if param.default is not None:
        return Lazy(expression=param.default, scope=file)
    for diagnostic in missing(template.block, set(template.arguments), template.span):
        raise EvaluationError(diagnostic)  # a template that is used without a call, where the types did not show it
    raise EvaluationError(None)


def _steps(link: Link, index: int, count: int) -> list[Step]:
    """The steps of one template. What a shared root template brings is the system of all that build on it."""
    return steps_of(link.body, "system" if index == 0 and count > 1 else None)


def _deferred(step: Step) -> bool:
    return any(_held(value) for name, value in fields(step) if name != "span" and isinstance(value, tuple))


def _held(items: tuple[object, ...]) -> bool:
    """Whether there is anything but strings in a text, in texts or in a script's variables."""
    return any(
        _held(item) if isinstance(item, tuple) else _held(item.value) if isinstance(item, Variable) else True
        for item in items
        if not isinstance(item, str)
    )


def _image(
    template: TemplateValue, chain: list[Link], carried: list[Step], architecture: Architecture, lock: Lock
) -> Image:
    origin = chain[0].origin
    assert origin is not None
    layers = tuple(
        Layer(kind=kind, steps=tuple(step for step in carried if step.kind == kind))
        for kind in KINDS
        if any(step.kind == kind for step in carried)
    )
    base = None if isinstance(origin, ReadyImage) else _base(chain, origin, layers, architecture, lock)
    title = template_name(template)
    if base is None or isinstance(origin, ReadyImage):
        name, digest = getattr(origin, "name", ""), ""
    elif all(layer.kind == "system" for layer in layers):
        name, digest = base.name, base.digest
        title = name.rpartition("-")[0]
    else:
        digest = _digest(origin, layers, architecture, lock)
        name = f"{title}-{digest[:12]}"
    span = template.block.span
    return Image(name=name, digest=digest, template=title, origin=origin, base=base, layers=layers, span=span)


def _base(
    chain: list[Link], origin: Release, layers: tuple[Layer, ...], architecture: Architecture, lock: Lock
) -> Base:
    system = tuple(layer for layer in layers if layer.kind == "system")
    digest = _digest(origin, system, architecture, lock)
    title = template_name(chain[0].template) if len(chain) > 1 else f"{origin.distribution}-{origin.version}"
    steps = tuple(step for layer in system for step in layer.steps)
    span = chain[0].template.block.span
    return Base(name=f"{title}-{digest[:12]}", digest=digest, origin=origin, steps=steps, span=span)


def _digest(origin: Release, layers: tuple[Layer, ...], architecture: Architecture, lock: Lock) -> str:
    """Of all that goes into an image. The customary architecture goes without saying, so that known names stay."""
    asked = fingerprint(FORMAT, origin, layers, *(() if architecture == "x86_64" else (architecture,)))
    return fingerprint(asked, lock[asked]) if asked in lock else asked
