"""The command's verbs as functions, for programs: what `bpc` prints, as values. docs/api.md shows them at work.

`check`, `compile` and `model` never raise for a mistake in a blueprint: they give a `bpc.driver.Result`, whose
`diagnostics` say what is wrong. `bpc.UsageError` is raised where what was asked for does not exist.
Nothing here prints, and nothing but `new` and `write` writes.
"""

from __future__ import annotations

import os

from bpc.errors import UsageError
from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from bpc.deployment import Parameter
    from bpc.diagnostics.base import Diagnostic
    from bpc.driver import Result
    from bpc.flavors import Flavors
    from bpc.model.solution import Solution
    from bpc.model.steps import Bake
    from bpc.placement import Explanation
    from bpc.source_map import Named
    from bpc.target import Artifacts, Entry, Makes, Scalar, Target

    Path = str | os.PathLike[str]


# ---- verbs of a blueprint


def check(
    blueprint: Path,
    *,
    targets: Sequence[str] = (),
    environment: str = "",
    settings: Mapping[str, str] | None = None,
) -> Result:
    """`bpc check`: the mistakes in every environment, unless one is named, and what the stack targets of these names refuse.

    `settings` are other values for `let`s and defaults of `param`s, by name, written as in the language: {"servers": "5"}.
    Raises `bpc.UsageError` for an unknown target.
    """
    from bpc.driver import check_blueprint

    return check_blueprint(os.fspath(blueprint), environment, settings, targets=_targets(targets, "stack"))


def compile(
    blueprint: Path,
    *,
    targets: Sequence[str] | None = None,
    images: Sequence[str] = (),
    environment: str = "",
    settings: Mapping[str, str] | None = None,
    flavors: Flavors | None = None,
    limits: Mapping[str, int] | None = None,
    options: Sequence[str] = (),
    parameters: Mapping[str, Scalar] | None = None,
) -> Result:
    """`bpc compile` without writing: `artifacts[target].files` are the files of a stack or of image specs, path → content.

    `targets` are stack targets; the registry's default where there is None. `images` are image targets, and names of options
    with which a stack makes its images itself. `flavors` are a cloud's machine types by name, sizes in bytes or as in the language:
    {"m1.small": {"cpu": 1, "memory": "2GiB", "disk": "20GiB"}}, also with "architecture"; of one cloud, so for one stack
    target. `limits` are a cloud's own limits: {"resources": 5000}.
    `options` are names of the targets' own options, such as "json"; `parameters` are values of the stack's parameters, such as
    {"key_name": "mine"}, for a target that has that option. Raises `bpc.UsageError` for an unknown target or limit, flavors that
    are none, or an option that none of the targets uses.
    """
    from bpc.driver import compile_blueprint
    from bpc.flavors import flavors_of
    from bpc.target import Options

    stacks = _targets(targets, "stack")
    within = _within(images)
    chosen = (*stacks, *_targets([name for name in images if name not in within], "images"))
    _heeded((*options, *within, *(["params"] if parameters else ())), stacks)
    said = Options(
        flavors=flavors_of(flavors or {}),
        limits=limits or {},
        chosen=frozenset((*options, *within)),
        parameters=parameters or {},
    )
    if said.flavors and len(stacks) > 1:
        raise UsageError("flavors are one cloud's: compile the targets one by one, each with its own")
    known = {name: limit for target in chosen for name, limit in target.limits.items()}
    for name in said.limits:
        if name not in known:
            raise UsageError(f'there is no limit "{name}"; there are: {", ".join(known)}')
    return compile_blueprint(os.fspath(blueprint), chosen, said, environment, settings)


def model(blueprint: Path, *, environment: str = "", settings: Mapping[str, str] | None = None) -> Result:
    """`bpc model`: the result's `model` is the cloud-neutral solution as plain JSON values, None where there are errors."""
    from bpc.driver import build_model

    return build_model(os.fspath(blueprint), environment, settings)


class Explained(Record):
    """What `explain_tier` gives: `explanation` is None where the blueprint has errors."""

    explanation: Explanation | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def ok(self) -> bool:
        """Whether there is an explanation; there may be warnings."""
        return self.explanation is not None

    @property
    def plain(self) -> dict[str, Any] | None:
        """The explanation as plain JSON values, as `bpc explain TIER --format json` prints them; None where there are errors."""
        from bpc.model.document import plain

        return None if self.explanation is None else plain(self.explanation)


def explain_tier(
    blueprint: Path,
    tier: str,
    *,
    environment: str = "",
    settings: Mapping[str, str] | None = None,
    targets: Sequence[str] | None = None,
    flavors: Flavors | None = None,
) -> Explained:
    """`bpc explain TIER`: what its image carries and what happens at first boot, in each of the three bake modes, and why.

    `targets` say which machine type they choose, of `flavors` where these are given. Raises `bpc.UsageError` for an unknown tier.
    """
    from bpc.driver import Blueprint
    from bpc.flavors import flavors_of
    from bpc.model.index import Index
    from bpc.placement import BAKES, Offer, explain
    from bpc.target import Options

    options = Options(flavors=flavors_of(flavors or {}), limits={})
    path, chosen = os.fspath(blueprint), _targets(targets, "stack")
    opened = Blueprint(path)
    result = opened.solve(environment, settings)
    if result.solution is None:
        return Explained(explanation=None, diagnostics=result.diagnostics)
    known = Index(result.solution).groups
    if tier not in known:
        raise UsageError(_no_tier(tier, known))
    others: dict[Bake, Solution | str] = {}
    for bake in BAKES:
        other = result if bake == known[tier].bake else opened.solve(environment, settings, {tier: bake})
        wrong = next((d for d in other.diagnostics if d.severity == "error"), None)
        others[bake] = other.solution or (f"{wrong.text} ({wrong.code})" if wrong else "")
    offers = tuple(
        Offer(target=target.title, type=str(need.value))
        for target in chosen
        for need in _asked(target.emit(result.solution, options)[0])
        if need.source == "flavor" and need.tiers == (tier,)
    )
    return Explained(explanation=explain(result.solution, tier, others, offers), diagnostics=result.diagnostics)


def _asked(artifacts: Artifacts | None) -> tuple[Parameter, ...]:
    deployment = artifacts.deployment if artifacts else None
    return deployment.parameters if deployment else ()


def _no_tier(name: str, tiers: Iterable[str]) -> str:
    """The nearest tier or code is named: `bpc explain` takes both."""
    from bpc.diagnostics.base import did_you_mean

    near = did_you_mean(name, tiers) or did_you_mean(name.upper(), pages(), many=10_000)
    return f'there is no diagnostic and no tier "{name}"; {near or "the tiers are " + ", ".join(tiers)}'


def model_schema() -> dict[str, Any]:
    """`bpc model --schema`: the JSON Schema (2020-12) of the model."""
    from bpc.model.document import schema

    return schema()


def write(result: Result, folder: Path) -> dict[str, str]:
    """Writes each target's files into `folder/<target>`, whole or not at all; target → its folder.

    Raises OSError, ValueError where the result has errors and so nothing to write, and `UsageError` where something that bpc has
    not made stands in a folder's place: nothing is written then.
    """
    from bpc.files import made_here, write_folder
    from bpc.manifest import FORMER, MARK, NAME, manifest

    if not result.ok or result.solution is None:
        raise ValueError("the blueprint has mistakes: there is nothing to write")
    folders = {name: os.path.join(os.fspath(folder), name) for name in result.artifacts}
    for path in folders.values():
        if not made_here(path, (NAME, MARK), FORMER):
            raise UsageError(f"{path} is there, and bpc has not made it: choose another output folder with -o")
    for name, made in result.artifacts.items():
        write_folder(folders[name], {**made.files, NAME: manifest(name, result.solution, made)})
    return folders


# ---- what clouds say


def where(
    blueprint: Path,
    text: str,
    *,
    targets: Sequence[str] = (),
    environment: str = "",
    settings: Mapping[str, str] | None = None,
) -> tuple[Result, tuple[Named, ...]]:
    """`bpc where`: what declared the resources that a cloud's message, or a saved list of its events, names.

    `targets` are stack targets, all where it is empty. The places are empty where the text names no resource, and where the
    blueprint has mistakes; then the result has the diagnostics. The blueprint must be the one that the stack was made from.
    """
    from bpc.driver import build_model
    from bpc.source_map import find
    from bpc_targets import STACKS

    solved = build_model(os.fspath(blueprint), environment, settings)
    results = []
    for name in targets or [entry.name for entry in STACKS]:
        try:
            results.append(_as_deployed(solved, name))
        except UsageError:
            if targets:  # otherwise: those whose libraries are installed
                raise
    found = [
        place
        for result in results
        for name, made in result.artifacts.items()
        for place in find(text, name, made.places)
    ]
    return next((result for result in results if result.ok), results[0]), tuple(found)


def _as_deployed(solved: Result, name: str) -> Result:
    """A target's stack with all that it may have been made with: images of its own, and whatever limits its cloud has."""
    from bpc.driver import emit
    from bpc.target import Options

    [target] = _targets((name,), "stack")
    limits = {limit: 10**12 for limit, is_ in target.limits.items() if not is_.shapes}
    within = [frozenset([option.name]) for option in _entry(name, "stack").options if option.kind == "images"]
    for chosen in (*within, frozenset[str]()):
        result = emit(solved, (target,), Options(flavors={}, limits=limits, chosen=chosen))
        if result.ok:
            break
    return result


# ---- diagnostics


class Page(Record):
    """The manual page of a diagnostic: `code` ("BPC401"), `name`, `severity` ("error" or "warning") and `text`."""

    code: str
    name: str
    severity: str
    text: str


def pages() -> dict[str, Page]:
    """`bpc explain` without a code: the manual pages of all diagnostics by code."""
    from inspect import cleandoc

    from bpc.diagnostics.catalogue import catalogue

    return {
        code: Page(code=code, name=kind.__name__, severity=kind.severity, text=cleandoc(kind.__doc__ or ""))
        for code, kind in catalogue().items()
    }


def explain(code: str) -> Page:
    """`bpc explain CODE`. Raises `bpc.UsageError` where there is no such diagnostic."""
    known = pages()
    if code.upper() not in known:
        from bpc.diagnostics.base import did_you_mean

        near = did_you_mean(code.upper(), known, many=10_000)
        raise UsageError(f'there is no diagnostic "{code}"; {f"{near} " if near else ""}`bpc explain` lists them')
    return known[code.upper()]


def report(diagnostic: Diagnostic) -> str:
    """A diagnostic as the command prints it: message, place, the marked line, hint."""
    from bpc.diagnostics.render import lines

    return "\n".join(lines(diagnostic))


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as plain JSON values, as `--format json` prints them: code, severity, message, hint, file, line, column, …"""
    from bpc.diagnostics.render import as_json as plain

    return plain(diagnostic)


# ---- targets and samples


def targets() -> tuple[Target, ...]:
    """`bpc targets`: each with its `name`, `title` and `capabilities` (construct → how it comes out)."""
    from bpc_targets import IMAGES, STACKS, load

    return tuple(load(entry.name) for entry in (*STACKS, *IMAGES))


def samples() -> tuple[str, ...]:
    """`bpc new --list`: the names of the samples."""
    return tuple(_samples())


def new(folder: Path, sample: str = "shop") -> None:
    """`bpc new`: a working project in `folder`, which must be empty or not exist. Raises `bpc.UsageError` and OSError."""
    from bpc.files import read_folder, write_folder

    target, known = os.fspath(folder), _samples()
    if sample not in known:
        raise UsageError(f'there is no sample "{sample}"; there are: {", ".join(known)}')
    if os.path.lexists(target) and not (os.path.isdir(target) and not os.listdir(target)):
        raise UsageError(f"{target} exists already")
    write_folder(target, read_folder(known[sample]))


def _samples() -> dict[str, str]:
    """Sample → its folder: installed inside this package, or in the checkout."""
    package = os.path.dirname(os.path.abspath(__file__))
    checkout = os.path.join(os.path.dirname(os.path.dirname(package)), "blueprints")
    home = next(folder for folder in (os.path.join(package, "samples"), checkout) if os.path.isdir(folder))
    return {name: os.path.join(home, name) for name in sorted(os.listdir(home)) if name[0] not in "._"}


def _within(images: Sequence[str]) -> tuple[str, ...]:
    """Of the names that `images` takes, those with which a stack makes its images itself."""
    from bpc_targets import STACKS

    known = {option.name for entry in STACKS for option in entry.options if option.kind == "images"}
    return tuple(name for name in images if name in known)


def _heeded(names: Sequence[str], stacks: Sequence[Target]) -> None:
    """Raises `UsageError` for an option that no target has, or none of those that are compiled: it would be dropped silently."""
    from bpc_targets import STACKS

    for name in names:
        having = [entry.name for entry in STACKS if any(option.name == name for option in entry.options)]
        if not having:
            raise UsageError(f'there is no option "{name}"')
        if not any(target.name in having for target in stacks):
            raise UsageError(f"{name}: only --target {' and '.join(having)} has it")


def _targets(names: Iterable[str] | None, makes: Makes) -> tuple[Target, ...]:
    """Each once, also where it was named by an alias; the default where nothing is named."""
    from bpc_targets import DEFAULT, load

    entries = [_entry(name, makes) for name in ((DEFAULT,) if names is None else names)]
    return tuple(load(name) for name in dict.fromkeys(entry.name for entry in entries))


def _entry(name: str, makes: Makes) -> Entry:
    """A target's line of the registry. Raises `UsageError`."""
    from bpc_targets import IMAGES, STACKS, known

    entries = STACKS if makes == "stack" else IMAGES
    found = known(entries).get(name)
    if found is None:
        what = "target" if makes == "stack" else "image target"
        raise UsageError(f'there is no {what} "{name}"; there are: {", ".join(entry.name for entry in entries)}')
    return found
