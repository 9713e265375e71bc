"""The pipeline on one screen: source text → syntax → resolve → check → lower → model → target → artifacts."""

from __future__ import annotations

import os

from bpc.diagnostics.base import errors
from bpc.diagnostics.reading import NotText, OutsideProject, Unreadable
from bpc.digest import sha256
from bpc.files import Project, ReadError, beside
from bpc.names import check_line
from bpc.record import Record, replace
from bpc.source import Source, Span
from bpc.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.lower.budget import Budget
    from bpc.lower.solution import Choice
    from bpc.model.solution import Solution
    from bpc.model.steps import Bake
    from bpc.resolve.program import Program
    from bpc.target import Artifacts, Options, Target


class Result(Record):
    """What a compilation gives: diagnostics always; the model and the artifacts of each target where there are no errors.

    `artifacts` are by the target's name, each with its `files` (path → content). `diagnostics` are in the order of files and places.
    """

    solution: Solution | None
    artifacts: Mapping[str, Artifacts]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether there are no errors; there may be warnings."""
        return not errors(self.diagnostics)

    @property
    def model(self) -> dict[str, Any] | None:
        """The model as plain JSON values, as `bpc model` prints them; None where there are errors."""
        from bpc.model.document import document

        return None if self.solution is None else document(self.solution)


def build_model(
    path: str,
    environment: str = "",
    settings: Mapping[str, str] | None = None,
    bakes: Mapping[str, Bake] | None = None,
    budget: Budget | None = None,
) -> Result:
    """Reads the blueprint at `path` and all that it names, and lowers it to the model. Never raises for a user's mistake.

    `bakes` are tiers that are baked otherwise than the blueprint says; `budget` is one that several lowerings share.
    """
    from bpc.lower.budget import Budget

    return _model(_front(path, budget or Budget()), environment, settings or {}, bakes or {})


class Front(Record):
    """What is read and looked at once, whatever is chosen: the program where there is one, and what was found."""

    reading: Reading
    program: Program | None
    found: tuple[Diagnostic, ...]


def _front(path: str, budget: Budget) -> Front:
    from bpc.check.blocks import check_blocks
    from bpc.check.secrets import check_secrets
    from bpc.resolve.names import check_names
    from bpc.resolve.program import link
    from bpc.syntax import parse

    reading = Reading(Project(os.path.dirname(path) or "."), budget)
    root = reading.text(os.path.basename(path), Span(Source(_shown(os.path.basename(path)), ""), 0, 0))
    if not isinstance(root, Source):
        return Front(reading=reading, program=None, found=(root,))
    program, found = link(root, reading.text, parse, beside)
    stages = (check_blocks, lambda linked: check_names(linked, reading.named_text), check_secrets)
    for stage in stages:
        if not errors(found):
            found += stage(program)
    return Front(reading=reading, program=program, found=tuple(found))


def _model(
    front: Front, environment: str, settings: Mapping[str, str], bakes: Mapping[str, Bake], *, others: bool = True
) -> Result:
    """One lowering. `others`: what other environments say is looked at too."""
    found = list(front.found)
    if front.program is None:
        return _result(None, found)
    choice = _choice(environment, settings, bakes, found, others=others)
    if errors(found):
        return _result(None, found)
    before = len(found)
    solution = _lowered(front.program, front.reading, choice, found)
    if settings:
        from bpc.lower.hints import given

        found[before:] = [given(d, settings, front.program.solution) for d in found[before:]]
    return _result(solution, found)


def _lowered(program: Program, reading: Reading, choice: Choice, found: list[Diagnostic]) -> Solution | None:
    """The model. What takes too long or is nested too deeply ends here, at the innermost place that is known."""
    from bpc.lower.budget import Spent
    from bpc.lower.solution import lower_solution
    from bpc.lower.static import check_types
    from bpc.lower.unused import check_unused
    from bpc.lower.world import World

    world = World(program, reading.named_bytes, reading.named_text, reading.budget)
    solution = None
    try:
        solution = lower_solution(world, choice, reading.digest, VERSION)
        check_unused(world)
        found += world.found
        if choice.others:  # types are the same in every environment
            found += check_types(world, choice.settings, found)
    except (Spent, RecursionError) as error:
        spent = (
            error
            if isinstance(error, Spent)
            else Spent("this blueprint's values need too many others, each inside the next,")
        )
        block = program.solution
        root = program.modules[program.root].file.source
        found += world.found
        found.append(spent.at(Span(root, 0, 0) if block is None else (block.label or block).span).diagnostic)
    world.close()
    return solution


def check_blueprint(path: str, environment: str = "", settings: Mapping[str, str] | None = None) -> Result:
    """The mistakes in every environment, unless one is named. The model is that of no environment, or of the named one."""
    from bpc.lower.budget import Budget

    front = _front(path, Budget())
    result = _model(front, environment, settings or {}, {})
    if environment or result.solution is None:
        return result
    told = {_place(d) for d in result.diagnostics}  # another environment's values may change the words
    only: dict[tuple[object, ...], tuple[Diagnostic, list[str]]] = {}
    for name in result.solution.environments:
        made = _model(front, name, settings or {}, {}, others=False)
        for diagnostic in made.diagnostics:
            place = _place(diagnostic)
            if place not in told:
                only.setdefault(place, (diagnostic, []))[1].append(name)
        if front.reading.budget.spent:
            break
    found = [replace(diagnostic, environments=tuple(dict.fromkeys(names))) for diagnostic, names in only.values()]
    return _result(result.solution, [*result.diagnostics, *found])


def _shown(name: str) -> str:
    """A name from outside as it can be printed: bytes that are no UTF-8 come as half a character each."""
    return name.encode("utf-8", "replace").decode()


def _place(diagnostic: Diagnostic) -> tuple[object, ...]:
    return (diagnostic.code, diagnostic.span.source.name, diagnostic.span.start, diagnostic.span.end)


def compile_blueprint(
    path: str,
    targets: tuple[Target, ...],
    options: Options,
    environment: str = "",
    settings: Mapping[str, str] | None = None,
) -> Result:
    """The model, and from it the artifacts of each target."""
    result = build_model(path, environment, settings)
    if result.solution is None:
        return result
    artifacts, found = {}, list(result.diagnostics)
    for target in targets:
        made, diagnostics = target.emit(result.solution, options)
        found += diagnostics
        if made is not None:
            artifacts[target.name] = made
    if errors(found):
        return _result(None, found)
    return Result(solution=result.solution, artifacts=artifacts, diagnostics=_ordered(found))


class Reading:
    """A project's files as sources, with a diagnostic where one cannot be read."""

    def __init__(self, project: Project, budget: Budget) -> None:
        self.project, self.budget = project, budget
        self.sources: dict[str, Source] = {}

    def text(self, name: str, span: Span) -> Source | Diagnostic:
        if name in self.sources:
            return self.sources[name]
        content = self.content(name, span)
        if not isinstance(content, bytes):
            return content
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return NotText(span=span, path=name, reason=f"byte {error.start} cannot be decoded")
        if "\0" in text:
            return NotText(span=span, path=name, reason=f"NUL character at {text.index(chr(0))}")
        self.sources[name] = Source(name, text.replace("\r\n", "\n"))
        return self.sources[name]

    def content(self, name: str, span: Span) -> bytes | Diagnostic:
        if _shown(name) != name:
            return Unreadable(span=span, path=_shown(name), reason="its name is not UTF-8")
        wrong = check_line(name, span)
        if wrong is not None:
            return wrong
        if name.startswith(("../", "/")) or name == "..":
            return OutsideProject(span=span, path=name)
        known = name in self.project.contents
        try:
            content = self.project.read(name)
            if not known:
                self.budget.read(len(content))
            return content
        except ReadError as error:
            if error.outside:
                return OutsideProject(span=span, path=name)
            return Unreadable(
                span=span, path=name, reason=error.reason, hint=self._meant(name, span) if error.missing else ""
            )

    def _meant(self, name: str, span: Span) -> str:
        """A hint for a file that does not exist: the nearest one of the project, as the file at `span` would name it."""
        near = self.project.near(name, blueprint=not span.source.text)
        if span.source.text:
            folder = os.path.dirname(span.source.name)
            return f'did you mean "{os.path.relpath(near, folder or ".")}"?' if near else ""
        return f'did you mean "{near}"?' if near else "`bpc new NAME` makes a project from a sample"

    def named_text(self, by: str, path: str, span: Span) -> Source | Diagnostic:
        return self.text(beside(by, path), span)

    def named_bytes(self, by: str, path: str, span: Span) -> tuple[str, bytes] | Diagnostic:
        name = beside(by, path)
        content = self.content(name, span)
        return (name, content) if isinstance(content, bytes) else content

    def digest(self) -> str:
        """SHA-256 over the names and contents of all files that were read."""
        read = sorted(self.project.contents.items())
        return sha256(b"".join([f"{name}\0{len(content)}\0".encode() + content for name, content in read]))


def _choice(
    environment: str,
    settings: Mapping[str, str],
    bakes: Mapping[str, Bake],
    found: list[Diagnostic],
    *,
    others: bool = True,
) -> Choice:
    """`--set` values as expressions; a bare word that is no expression of the language is taken as a string."""
    from bpc.lower.solution import Choice
    from bpc.syntax import parse_expression
    from bpc.syntax.tree import Name, String

    parsed = {}
    for name, text in settings.items():
        if _shown(name + text) != name + text:
            nowhere = Span(Source("--set", ""), 0, 0)
            found.append(NotText(span=nowhere, path=f"--set {_shown(name)}", reason="it has bytes of another encoding"))
            continue
        expression, wrong = parse_expression(Source(f"--set {name}", text))
        if expression is None or wrong or isinstance(expression, Name):
            expression = String(span=Span(Source(f"--set {name}", text), 0, len(text)), parts=(text,))
        parsed[name] = expression
    return Choice(environment=environment, settings=parsed, bakes=bakes, others=others)


def _result(solution: Solution | None, found: list[Diagnostic]) -> Result:
    if errors(found):  # what an error stopped may be what uses a name
        found = [d for d in found if d.code != "BPC220"]
    return Result(solution=None if errors(found) else solution, artifacts={}, diagnostics=_ordered(found))


def _ordered(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By file and place, each once."""
    keyed = {(d.span.source.name, d.span.start, d.code, d.text): d for d in found}
    return tuple(keyed[key] for key in sorted(keyed))
