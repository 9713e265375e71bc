"""A template's `repository` as a step, and what repositories of one image must have in common."""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.diagnostics.base import Note
from bpc.diagnostics.resolve import DeclaredTwice
from bpc.language.coerce import EvaluationError, invalid
from bpc.lower.base_tree import KNOWN
from bpc.lower.openpgp import NoKey, public_keys
from bpc.model.steps import Release, Repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpc.lower.block_reader import BlockReader
    from bpc.model.steps import Kind, ReadyImage


def repository_of(item: BlockReader, kind: Kind) -> Repository:
    """Raises `EvaluationError`."""
    failures = item.context.failures
    url, suite, priority = item.value("url"), item.value("suite"), item.value("priority")
    components = _components(item, suite)
    path = item.value("key")
    if item.context.failures > failures or not path:
        raise EvaluationError(None)
    source, content = item.sources.bytes(path, item.where("key"))
    try:
        key, fingerprints = public_keys(content)
    except NoKey as wrong:
        raise EvaluationError(lower.NotAKey(span=item.where("key"), path=source, reason=str(wrong))) from None
    return Repository(
        name=item.label(),
        url=url,
        suite=suite,
        components=components,
        key=key,
        fingerprints=fingerprints,
        source=source,
        priority=priority,
        kind=kind,
        span=item.span,
    )


def _components(item: BlockReader, suite: str) -> tuple[str, ...]:
    """A suite that is a folder, which ends with "/", has none; any other has at least one. Raises `EvaluationError`."""
    flat = suite.endswith("/")
    components: tuple[str, ...] = item.value_or("components", () if flat else ("main",))
    if flat and components:
        raise invalid(item.where("components"), 'a suite that ends with "/" has no components', "leave them out")
    if not flat and not components:
        raise invalid(item.where("components"), "a suite has at least one component", 'write ["main"]')
    return tuple(dict.fromkeys(components))


def check_repositories(found: Sequence[Repository], origin: Release | ReadyImage | None) -> None:
    """Raises `EvaluationError` where a release has no apt, or where two along `from` could not be told apart, by name or by apt."""
    if isinstance(origin, Release) and origin.distribution not in KNOWN:
        first = found[0]
        distribution, version = origin.distribution, origin.version
        raise EvaluationError(lower.NoApt(span=first.span, name=first.name, distribution=distribution, version=version))
    names: dict[str, Repository] = {}
    hosts: dict[str, Repository] = {}
    for step in found:
        first = names.setdefault(step.name, step)
        if first is not step:
            notes = (Note(span=first.span, text="declared here first"),)
            raise EvaluationError(DeclaredTwice(span=step.span, name=step.name, notes=notes))
        other = hosts.setdefault(step.url.split("/")[2].partition(":")[0].lower(), step)
        if other.priority != step.priority:
            wrong = lower.SameHost(
                span=step.span,
                name=step.name,
                priority=step.priority,
                other=other.name,
                other_priority=other.priority,
                notes=(Note(span=other.span, text="the other one"),),
            )
            raise EvaluationError(wrong)
