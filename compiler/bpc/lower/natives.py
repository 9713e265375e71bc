"""`native` and `override`: what the blueprint says in the clouds' own terms."""

from __future__ import annotations

from bpc.diagnostics import lower, native, resolve
from bpc.diagnostics.base import did_you_mean
from bpc.language.coerce import EvaluationError
from bpc.language.values import Deferred
from bpc.lower.configure import data, held_in
from bpc.model.resources import Native, NativeFile, Override
from bpc.model.steps import Entry
from bpc.model.values import NativeHole, SecretHole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from bpc.lower.block_reader import BlockReader
    from bpc.lower.context import Context
    from bpc.source import Source, Span

DECLARED = ("type", "default", "description", "label", "hidden", "noecho", "immutable")
"""What a file may say of its parameters, in small letters: it says what they are, and no cloud judges their values."""
NATIVE = 20
"""Steps of what the targets make of a file, and of each of its resources."""


class Natives:
    """The `native` blocks by name. Their files are read when they are first asked for, so that anything may use what they give."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._bodies: dict[str, BlockReader] = {}
        self._files: dict[str, tuple[NativeFile, ...]] = {}
        self.secrets: dict[NativeHole, str] = {}  # what a secret goes into, and which

    def declare(self, name: str, body: BlockReader) -> None:
        """Enters one."""
        self._bodies[name] = body

    def close(self) -> None:
        """Lets go of the tree."""
        self._bodies.clear()

    def files(self, name: str) -> tuple[NativeFile, ...]:
        """The files of one; what is wrong with them is reported once. Raises `EvaluationError` where something is."""
        if name not in self._files:
            body, failures = self._bodies[name], self._context.failures
            self._files[name] = tuple(_files(body))
            if self._context.failures > failures:
                self._files[name] = ()
            elif not self._files[name]:
                problem = "expected a file for at least one cloud"
                self._context.report(
                    lower.BadValue(span=body.span, problem=problem, hint="write `heat = …` or `cloudformation = …`")
                )
        if not self._files[name]:
            raise EvaluationError(None)
        return self._files[name]

    def attribute(self, name: str, output: str, span: Span) -> Deferred:
        """`name.output`, a text. Raises `EvaluationError` where a file has no such output."""
        if name not in self._bodies:
            raise EvaluationError(None)
        for file in self.files(name):
            if output not in file.outputs:
                what = f'"{file.name}"' if file.name else f'native "{name}", which has no file for {file.cloud},'
                hint = did_you_mean(output, file.outputs) or f"its outputs: {', '.join(file.outputs)}"
                if not file.outputs:
                    hint = "write a file that has at least this output"
                raise EvaluationError(resolve.UnknownMember(span=span, what=what, name=output, hint=hint))
        return Deferred(text=(NativeHole(native=name, output=output),), type="string")


def natives(body: BlockReader, known: Natives) -> Iterator[Native | Override]:
    """All of them, in the order of the text."""
    body.each_once("override")
    for item in body.all("native", "override"):
        try:
            name = item.label()
            files = known.files(name) if item.block.keyword == "native" else _overriding(name, item)
            parameters = _parameters(item, files)
        except EvaluationError as wrong:
            body.context.fail(wrong)
            continue
        if item.block.keyword == "native":
            known.secrets.update(_secrets(name, files, parameters))
            yield Native(name=name, files=files, parameters=parameters, span=item.span)
        else:
            yield Override(name=name, file=files[0], parameters=parameters, span=item.span)


def _secrets(
    name: str, files: tuple[NativeFile, ...], parameters: tuple[Entry, ...]
) -> Iterator[tuple[NativeHole, str]]:
    """Outputs that are made of a secret which the block was given."""
    from bpc.lower.native_files import asked

    held = {
        entry.name: hole.secret for entry in parameters for hole in held_in(entry.value) if isinstance(hole, SecretHole)
    }
    for file in files if held else ():
        for output, value in file.outputs.items():
            for word in asked(file.cloud, value):
                if word in held:
                    yield NativeHole(native=name, output=output), held[word]


def _files(body: BlockReader) -> Iterator[NativeFile]:
    from bpc.lower.native_files import CLOUDS

    for cloud in CLOUDS:
        if body.has(cloud):
            try:
                yield _file(cloud, body)
            except EvaluationError as wrong:
                body.context.fail(wrong)


def _file(cloud: str, body: BlockReader) -> NativeFile:
    """One file of a `native`. Raises `EvaluationError`."""
    from bpc.lower.native_files import CLOUDS, definition_problem, function_problem, read, sections

    path, terms = body.value(cloud), CLOUDS[cloud]
    if not path:
        return _made(cloud, "", body)
    source = body.sources.text(path, body.where(cloud))
    given = read(source, body.context)
    sections(given, cloud, (terms.resources, terms.parameters, terms.outputs), source)
    resources, parameters, outputs = (given.get(s, {}) for s in (terms.resources, terms.parameters, terms.outputs))
    body.context.steps(NATIVE * (1 + len(resources)), body.span)
    for name, made in resources.items():
        if problem := definition_problem(cloud, made):
            raise _wrong(source, name, f'resource "{name}" {problem}', terms.resources)
    for name, made in parameters.items():
        if not isinstance(made, dict):
            raise _wrong(source, name, f'parameter "{name}" has no definition', terms.parameters)
        lost = next((word for word in made if word.lower() not in DECLARED), "")
        if lost:
            problem = f'"{lost}" of parameter "{name}" would be lost: say it of a `param` of the blueprint'
            raise _wrong(source, name, problem, terms.parameters)
    for name, made in outputs.items():
        if not isinstance(made, dict) or terms.value not in made:
            raise _wrong(source, name, f'output "{name}" has no {terms.value}', terms.outputs)
        if problem := function_problem(made[terms.value]):
            raise _wrong(source, name, f'output "{name}" {problem}', terms.outputs)
    return _made(
        cloud,
        source.name,
        body,
        resources=resources,
        outputs={name: made[terms.value] for name, made in outputs.items()},
        defaults={name: made.get(terms.default) for name, made in parameters.items()},
    )


def _overriding(name: str, body: BlockReader) -> tuple[NativeFile, ...]:
    """The one file of an `override`. Raises `EvaluationError`."""
    from bpc.lower.native_files import CLOUDS, function_problem, read, sections

    for cloud, terms in CLOUDS.items():
        if body.has(cloud):
            source = body.sources.text(body.value(cloud), body.where(cloud))
            given = read(source, body.context)
            sections(given, cloud, (terms.properties,), source)
            body.context.steps(NATIVE, body.span)
            if problem := function_problem(given):
                raise _wrong(source, terms.properties, f'"{terms.properties}" {problem}', "")
            return (_made(cloud, source.name, body, resources={name: given.get(terms.properties, {})}),)
    raise EvaluationError(None)


def _made(cloud: str, name: str, body: BlockReader, **parts: dict[str, Any]) -> NativeFile:
    empty: dict[str, dict[str, Any]] = {"resources": {}, "outputs": {}, "defaults": {}}
    return NativeFile(cloud=cloud, name=name, span=body.where(cloud), **{**empty, **parts})  # type: ignore[arg-type]


def _wrong(source: Source, name: str, problem: str, section: str) -> EvaluationError:
    from bpc.lower.native_files import place

    return EvaluationError(native.BadNative(span=place(source, name, section), problem=problem))


def _parameters(item: BlockReader, files: tuple[NativeFile, ...]) -> tuple[Entry, ...]:
    """The values that a block gives; each is for something, and each parameter of a file has one."""
    from bpc.lower.native_files import asked

    failures = item.context.failures
    given = item.value("parameters")
    if item.context.failures > failures:
        raise EvaluationError(None)
    where = item.where("parameters")
    wanted = {f.name: {*asked(f.cloud, [f.resources, f.outputs]), *f.defaults} for f in files}
    for name in given:
        if not any(name in names for names in wanted.values()):
            names = {name for f in files for name in f.defaults}
            item.context.report(native.UnusedValue(span=where, name=name, hint=did_you_mean(name, names)))
    for file in files:
        for name, default in file.defaults.items():
            if default is None and name not in given:
                item.context.report(native.NoValue(span=file.span, name=name, file=file.name))
    return tuple(Entry(name=name, value=data(value, where)) for name, value in given.items())
