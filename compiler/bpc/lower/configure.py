"""`configure` as steps: the platform's packages, and what it is told."""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.language.coerce import EvaluationError, invalid
from bpc.language.functions import private_text
from bpc.language.types import article
from bpc.language.values import Duration, Hosts, Percent, Size, type_name
from bpc.model.steps import Configure, Entry, Mapping, Packages, ProjectFile, Scalar, Sequence
from bpc.model.values import MemberAddressHole, SecretHole, holes
from bpc.platforms import PLATFORMS, Platform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.language.values import Value
    from bpc.lower.block_reader import BlockReader
    from bpc.model.steps import Data, Kind, Step
    from bpc.model.values import Hole, Text
    from bpc.source import Span

UNPULLED = {
    "vars": 'write them as a `file "/etc/ansible/facts.d/NAME.fact"`: the playbook then has them as ansible_local.NAME',
    "files": "put them into the repository",
}
"""Settings that make no sense with `url`, and what to write instead."""
PRIVATE = ("vars",)
"""Settings that the platform's module keeps where only root reads them; the others end up in files that everybody may read."""


def platform_packages(item: BlockReader, kind: Kind | None) -> list[Step]:
    """What brings the platform, as a step of software; nothing where the template itself does."""
    platform = _platform(item)
    usual = (*platform.packages, *(("git",) if item.has("url") else ()))
    names = usual if not item.has("package") else tuple(name for name in (item.value("package"),) if name)
    return [Packages(names=names, kind=kind or "software", span=item.span)] if names else []


def _platform(item: BlockReader) -> Platform:
    """The platform that is named. Raises `EvaluationError` where it is none, which was told."""
    platform = PLATFORMS.get(item.value("with"))
    if platform is None:
        raise EvaluationError(None)
    return platform


def configure_of(item: BlockReader) -> Configure:
    """The step itself: configuration, whatever else a template brings. Raises `EvaluationError`."""
    name, platform = item.value("with"), _platform(item)
    pulled = item.has("url")
    for key, hint in UNPULLED.items():
        if pulled and item.has(key):
            raise invalid(item.where(key), f'a playbook that is pulled from a repository takes no "{key}"', hint)
    if item.has("checkout") and not pulled:
        raise invalid(item.where("checkout"), "`checkout` needs a repository", "name it with `url`")
    known = (*platform.needs, *platform.takes)
    files = () if pulled else tuple(_files(item))
    if name == "salt" and item.value("package"):
        known = ("package", *known)  # its module installs it, where it is not there
    given = [key for key in known if item.has(key) and key not in ("playbook", "files")]
    return Configure(
        platform=name,
        playbook=item.value("playbook") if pulled or not files else files[0].name,
        settings=tuple(Entry(name=key, value=_setting(item, key)) for key in given),
        files=files,
        kind="configuration",
        span=item.span,
    )


def _files(item: BlockReader) -> Iterator[ProjectFile]:
    """The playbook and what it uses, each once."""
    places = [(item.value(key), item.where(key)) for key in ("playbook", "files") if item.has(key)]
    seen = set()
    for value, span in places:
        for path in (value,) if value and isinstance(value, str) else value:
            name, content = item.sources.content(path, span)
            if name not in seen:
                seen.add(name)
                yield ProjectFile(name=name, content=content)


def _setting(item: BlockReader, key: str) -> Data:
    """One setting's value. Raises `EvaluationError` where everybody could read a secret."""
    value = data(item.value(key), item.where(key))
    secret = next((hole.secret for hole in held_in(value) if isinstance(hole, SecretHole)), "")
    if secret and key not in PRIVATE:
        hint = 'write it to a `file` with mode = "0600": the files of the platform\'s own settings are open to all'
        raise EvaluationError(lower.SecretShown(span=item.where(key), name=secret, hint=hint))
    return value


def data(value: Value, span: Span) -> Data:
    """A value as the platforms take it. Raises `EvaluationError` for what has no such form."""
    if isinstance(value, dict):
        return Mapping(entries=tuple(Entry(name=key, value=data(item, span)) for key, item in value.items()))
    if isinstance(value, tuple):
        return Sequence(items=tuple(data(item, span) for item in value))
    if isinstance(value, Hosts) and value.count is not None:
        addresses = [MemberAddressHole(group=value.tier, network=value.network, member=n) for n in range(value.count)]
        return Sequence(items=tuple(Scalar(value=(hole,)) for hole in addresses))
    if isinstance(value, Hosts):
        raise invalid(
            span, f'the members of "{value.tier}" come and go: they cannot be listed', "use join(separator, hosts)"
        )
    if isinstance(value, bool | int | float) and not isinstance(value, Size | Duration | Percent):
        return Scalar(value=value)
    try:
        return Scalar(value=private_text(value))
    except ValueError:
        expected = "a string, number, bool, list or map"
        raise EvaluationError(lower.WrongType(span=span, expected=expected, actual=article(type_name(value)))) from None


def held_in(value: Data) -> Iterator[Hole]:
    """The holes anywhere in a value."""
    match value:
        case Scalar():
            text: Text = value.value if isinstance(value.value, tuple) else ()
            found: tuple[Hole, ...] = holes(text)
            yield from found
        case Sequence():
            yield from (hole for item in value.items for hole in held_in(item))
        case Mapping():
            yield from (hole for entry in value.entries for hole in held_in(entry.value))
