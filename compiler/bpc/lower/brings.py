"""A template that brings neither packages, artifacts nor scripts has the services and accounts of its release, and its own."""

from __future__ import annotations

from difflib import get_close_matches

from bpc.diagnostics import lower
from bpc.lower.base_tree import ACCOUNTS, GROUPS, KNOWN, PREFIXES, UNITS
from bpc.model.wanted import missing
from bpc.syntax.places import setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bpc.diagnostics.base import Diagnostic
    from bpc.model.steps import Release, Step
    from bpc.model.wanted import Want

HINTS = {
    "service": 'name the package that has it in `packages`, or give its `unit` in `service {name} {{ unit = "FILE" }}`',
    "account": "declare `user {name}`, or name the package that makes it in `packages`",
    "group": "name the package that makes it in `packages`, or give it to a `user` in `groups`",
}


def unbrought(steps: Sequence[Step], origin: Release) -> Iterator[Diagnostic]:
    """What steps want that nobody brings. They have no packages, artifacts or scripts."""
    if origin.distribution not in KNOWN:
        return
    for want in missing(steps, UNITS, ACCOUNTS, GROUPS):
        if not (want.what == "service" and want.name.startswith(PREFIXES)) and not want.name.endswith(".target"):
            place = setting(want.span, want.setting) if want.setting else want.span
            yield lower.NobodyBrings(span=place, what=want.what, name=want.name, hint=_hint(want))


def _hint(want: Want) -> str:
    services = [unit.removesuffix(".service") for unit in UNITS if "@" not in unit]
    known = {"service": services, "account": ACCOUNTS, "group": GROUPS}[want.what]
    near = get_close_matches(want.name, sorted(known), n=1, cutoff=0.75)
    return f'did you mean "{near[0]}"?' if near else HINTS[want.what].format(name=want.name)
