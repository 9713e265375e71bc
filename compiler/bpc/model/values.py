"""Values with holes: texts of which some parts are known only when the stack runs.

A `Text` is a tuple of strings and holes, in order. A target turns each hole into its own reference
(`get_param`, `get_attr`, `Ref`, `Fn::GetAtt`); the strings between them are literal.
"""

from __future__ import annotations

from bpc.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    H = TypeVar("H")

ALLOWED = r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]*"
"""What a string that is given at deployment may have, as a regular expression: what any YAML reader keeps as it is."""
ALLOWED_IN_WORDS = "no control characters but line feeds and tabs, no U+2028, U+2029, U+FFFE or U+FFFF"


class ParamHole(Record):
    """The value of a stack parameter, by its name in `Solution.params`."""

    param: str


class SecretHole(Record):
    """The value of a secret, by its name. Never allowed in an output."""

    secret: str


class MemberAddressHole(Record):
    """The private address of one member (`member` counts from 0) of a group with identity, on one of its networks."""

    group: str
    network: str
    member: int


class MemberAddressesHole(Record):
    """The private addresses of all members of a group on one network, in the members' order, joined by `separator`."""

    group: str
    network: str
    separator: str


class BalancerAddressHole(Record):
    """The private address of the balancer in front of an endpoint, which is named `group.endpoint`."""

    endpoint: str


class PublicAddressHole(Record):
    """The public address of a balancer (by name, `member` is None) or of one member of a group with public addresses."""

    owner: str
    member: int | None


class VolumeDeviceHole(Record):
    """In first-boot data only: the path of the block device at which the machine's own volume appears."""

    group: str
    volume: str


class NativeHole(Record):
    """What a native resource gives: an output of its file, by the names of both."""

    native: str
    output: str


class QuotedHole(Record):
    """The value of another hole as it stands between single quotes of a shell: with `'\\''` for each `'`."""

    hole: Hole


Hole = (
    ParamHole
    | SecretHole
    | MemberAddressHole
    | MemberAddressesHole
    | BalancerAddressHole
    | PublicAddressHole
    | VolumeDeviceHole
    | NativeHole
    | QuotedHole
)

Text = tuple[str | Hole, ...]


def holes(text: tuple[str | H, ...]) -> tuple[H, ...]:
    """The holes of a text in order, each once and without its quoting."""
    return tuple(dict.fromkeys(bare(part) for part in text if not isinstance(part, str)))


def bare(hole: H) -> H:
    """A hole without its quoting."""
    while isinstance(hole, QuotedHole):
        hole = hole.hole  # type: ignore[assignment]
    return hole


def concat(*texts: tuple[str | H, ...]) -> tuple[str | H, ...]:
    """One text of several, neighbouring strings joined and empty ones dropped."""
    parts: list[str | H] = []
    strings: list[str] = []  # those that come one behind the other: to add them one by one would copy each many times
    for text in texts:
        for part in text:
            if isinstance(part, str):
                strings.append(part)
                continue
            if joined := "".join(strings):
                parts.append(joined)
            strings.clear()
            parts.append(part)
    if joined := "".join(strings):
        parts.append(joined)
    return tuple(parts)


def literal(text: Text) -> str:
    """The string of a text without holes. Raises TypeError if it has any: a bug of the caller."""
    if any(not isinstance(part, str) for part in text):
        raise TypeError("the text has holes")
    return "".join(str(part) for part in text)
