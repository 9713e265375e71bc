"""The pipeline on one screen: source text → syntax → resolve → check → lower → model → target → artifacts."""

from __future__ import annotations

import os

from bpc.diagnostics.base import errors
from bpc.diagnostics.reading import NotText
from bpc.files import Project, beside
from bpc.reading import Reading, shown
from bpc.record import Record, replace
from bpc.source import Source, Span
from bpc.target import Options
from bpc.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from bpc.check.analysis import Analysis
    from bpc.diagnostics.base import Diagnostic
    from bpc.files import Files
    from bpc.lower.scope import Lock
    from bpc.lower.solution import Choice
    from bpc.model.solution import Solution
    from bpc.model.steps import Bake
    from bpc.target import Artifacts, Target


class Result(Record):
    """What a compilation gives: diagnostics always; the model and the artifacts of each target where there are no errors.

    `artifacts` are by the target's name, each with its `files` (path → content). `diagnostics` are in the order of files and places.
    `inputs` are the files that the result rests on, by their names in the project, each with its SHA-256.
    """

    solution: Solution | None
    artifacts: Mapping[str, Artifacts]
    diagnostics: tuple[Diagnostic, ...]
    inputs: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether there are no errors; there may be warnings."""
        return not errors(self.diagnostics)

    @property
    def model(self) -> dict[str, Any] | None:
        """The model as plain JSON values, as `bpc model` prints them; None where there are errors."""
        from bpc.model.document import document

        return None if self.solution is None else document(self.solution)


class Blueprint:
    """A blueprint that was read, linked and analysed once, to be solved for any number of choices within one budget."""

    def __init__(self, path: str, files: Files | None = None) -> None:
        from bpc.check.analysis import analyse
        from bpc.lower.budget import Budget
        from bpc.lower.templates import Templates
        from bpc.resolve.program import link
        from bpc.syntax import parse

        budget = Budget()
        self.reading = Reading(files or Project(os.path.dirname(path) or "."), budget)
        program, found = link(os.path.basename(path), self.reading.text, parse, beside)
        self.analysis = analyse(program, found, self.reading.fork().named_text)
        self.templates = Templates(budget)

    @property
    def environments(self) -> Iterator[str]:
        """The names of the solution's environments that say anything, as long as there is a budget to solve them."""
        from bpc.lower.environment import environments

        solution = self.analysis.program.solution
        known = {} if solution is None else environments(solution)
        return (name for name, block in known.items() if block.body and not self.templates.budget.spent)

    def solve(
        self,
        environment: str = "",
        settings: Mapping[str, str] | None = None,
        bakes: Mapping[str, Bake] | None = None,
        lock: Lock | None = None,
    ) -> Result:
        """The model for one choice.

        `bakes` are tiers that are baked otherwise than the blueprint says; `lock` is what images were resolved to.
        """
        from bpc.lower.solution import lower_solution

        found = list(self.analysis.found.found)
        told: list[Diagnostic] = []
        choice = _choice(self.analysis, environment, settings or {}, bakes or {}, lock or {}, told)
        reading = self.reading.fork()
        if errors(told):
            return _result(None, found + told, reading.inputs())
        solution, more = lower_solution(self.analysis, choice, reading, self.templates, VERSION)
        if settings:
            from bpc.language.hints import given

            more = [given(diagnostic, settings, self.analysis.program.solution) for diagnostic in more]
        return _result(solution, found + more, reading.inputs())


def build_model(
    path: str, environment: str = "", settings: Mapping[str, str] | None = None, files: Files | None = None
) -> Result:
    """Reads the blueprint at `path` and all that it names, and lowers it to the model. Never raises for a user's mistake."""
    return Blueprint(path, files).solve(environment, settings)


def check_blueprint(
    path: str,
    environment: str = "",
    settings: Mapping[str, str] | None = None,
    files: Files | None = None,
    targets: tuple[Target, ...] = (),
) -> Result:
    """The mistakes in every environment, unless one is named, and what the targets refuse.

    The model is that of no environment, or of the named one.
    """
    blueprint, options = Blueprint(path, files), Options(flavors={}, limits={})
    result = emit(blueprint.solve(environment, settings), targets, options)
    if environment:
        return result
    told = {_place(d) for d in result.diagnostics}  # another environment's values may change the words
    only: dict[tuple[object, ...], tuple[Diagnostic, list[str]]] = {}
    for name in blueprint.environments:
        for diagnostic in emit(blueprint.solve(name, settings), targets, options).diagnostics:
            place = _place(diagnostic)
            if place not in told:
                only.setdefault(place, (diagnostic, []))[1].append(name)
    found = [replace(diagnostic, environments=tuple(dict.fromkeys(names))) for diagnostic, names in only.values()]
    return _result(result.solution, [*result.diagnostics, *found], result.inputs)


def _place(d: Diagnostic) -> tuple[object, ...]:
    return (d.code, d.span.source.name, d.span.start, d.span.end)


def compile_blueprint(
    path: str,
    targets: tuple[Target, ...],
    options: Options,
    environment: str = "",
    settings: Mapping[str, str] | None = None,
) -> Result:
    """The model, and from it the artifacts of each target."""
    return emit(build_model(path, environment, settings), targets, options)


def emit(result: Result, targets: tuple[Target, ...], options: Options) -> Result:
    """A model with the artifacts of each target."""
    if result.solution is None:
        return result
    artifacts, found = {}, list(result.diagnostics)
    for target in targets:
        made, diagnostics = target.emit(result.solution, options)
        diagnostics = tuple(_marked(d) for d in diagnostics)
        alone = sum(other.makes == target.makes for other in targets) == 1
        found += diagnostics if alone else [replace(d, targets=(target.name,)) for d in diagnostics]
        if made is not None:
            artifacts[target.name] = made
    if errors(found):
        return _result(None, found, result.inputs)
    return replace(result, artifacts=artifacts, diagnostics=_ordered(found))


def _marked(diagnostic: Diagnostic) -> Diagnostic:
    """A target's refusal at the setting that it is about."""
    if not diagnostic.setting:
        return diagnostic
    from bpc.syntax.places import setting

    return replace(diagnostic, span=setting(diagnostic.span, diagnostic.setting))


def _choice(
    analysis: Analysis,
    environment: str,
    settings: Mapping[str, str],
    bakes: Mapping[str, Bake],
    lock: Lock,
    found: list[Diagnostic],
) -> Choice:
    """`--set` values as expressions; a bare word that is no expression of the language is taken as a string."""
    from bpc.lower.solution import Choice
    from bpc.syntax import parse_expression
    from bpc.syntax.tree import Name, String

    parsed = {}
    for name, text in settings.items():
        if shown(name + text) != name + text:
            nowhere = Span(Source("--set", ""), 0, 0)
            found.append(NotText(span=nowhere, path=f"--set {shown(name)}", reason="it has bytes of another encoding"))
            continue
        expression, wrong = parse_expression(Source(f"--set {name}", text))
        if expression is None or wrong or (isinstance(expression, Name) and analysis.wanted(name) != "image"):
            expression = String(span=Span(Source(f"--set {name}", text), 0, len(text)), parts=(text,))
        parsed[name] = expression
    bindings = analysis.bind(parsed, found) if parsed else analysis.bindings
    return Choice(environment=environment, settings=parsed, bindings=bindings, bakes=bakes, lock=lock)


def _result(solution: Solution | None, found: list[Diagnostic], inputs: Mapping[str, str]) -> Result:
    if errors(found):  # what an error stopped may be what uses a name
        found = [d for d in found if d.code != "BPC220"]
    made = None if errors(found) else solution
    return Result(solution=made, artifacts={}, diagnostics=_ordered(found), inputs=inputs)


def _ordered(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By file and place, each once."""
    keyed = {(d.span.source.name, d.span.start, d.code, d.text): d for d in found}
    return tuple(keyed[key] for key in sorted(keyed))
