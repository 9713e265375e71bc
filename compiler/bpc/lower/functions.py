"""The functions of the language: pure, over evaluated values. A `ValueError` says in words what they cannot take."""

from __future__ import annotations

import base64
import re

from bpc.digest import sha256
from bpc.lower.values import Deferred, Hosts, Value
from bpc.model.steps import ReadyImage, Release
from bpc.model.values import MemberAddressesHole, QuotedHole, concat
from bpc.vocabulary import RELEASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 16_000_000
"""Characters that one text may have."""
LONGEST = 1_000_000
"""Items that one list may have: beyond it something is wrong with the blueprint."""


def join(separator: str, items: Value) -> Value:
    if isinstance(items, Hosts):
        hole = MemberAddressesHole(group=items.tier, network=items.network, separator=separator)
        return Deferred(text=(hole,), type="string")
    assert isinstance(items, tuple)
    texts = [as_text(item) for item in items]
    _fits(sum(_size(text) for text in texts) + len(separator) * len(texts))
    return from_text(concat(*[part for text in texts for part in ((separator,), text)][1:]))


def _size(text: tuple) -> int:  # type: ignore[type-arg]
    return sum(len(part) for part in text if isinstance(part, str))


def _fits(size: int) -> None:
    """Raises ValueError where a text would be too long."""
    if size > LARGEST:
        raise ValueError(f"the text would be longer than {LARGEST:,} characters")


def as_text(value: Value) -> tuple:  # type: ignore[type-arg]
    """A scalar as a text with holes, as interpolation writes it. Raises ValueError for what has no text."""
    if isinstance(value, Deferred):
        return value.text
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, int | float | str):
        return (str(value) if not isinstance(value, float) or value != int(value) else str(int(value)),)
    raise ValueError("only a string, number or bool can become text")


def from_text(text: tuple) -> Value:  # type: ignore[type-arg]
    """A text as a value: a plain string where it has no holes. Raises ValueError where it is too long."""
    _fits(_size(text))
    if any(not isinstance(part, str) for part in text):
        return Deferred(text=text, type="string")
    return "".join(text)


def quote(value: Value) -> Value:
    """A scalar as one word of a shell, whatever characters it has; what a deploy-time value has is quoted at deployment."""
    parts = (p.replace("'", "'\\''") if isinstance(p, str) else QuotedHole(hole=p) for p in as_text(value))
    return from_text(concat(("'",), tuple(parts), ("'",)))


def format_text(template: str, *values: Value) -> Value:
    parts: list[tuple] = []  # type: ignore[type-arg]
    size = 0
    import string

    try:
        for position, (text, field, spec, conversion) in enumerate(string.Formatter().parse(template)):
            parts.append((text,))
            if field is not None:
                if spec or conversion or not re.fullmatch("[0-9]{0,5}", field):
                    raise ValueError('a place in a format is "{}" or "{0}"')
                parts.append(as_text(values[int(field) if field else position]))
                size += _size(parts[-1]) + len(parts[-1])
                _fits(size)
    except IndexError:
        raise ValueError("the format has more places than values") from None
    return from_text(concat(*parts))


def cidr_subnet(cidr: str, bits: int, number: int) -> str:
    import ipaddress

    network = ipaddress.ip_network(cidr)
    prefix = network.prefixlen + bits
    if bits < 0 or prefix > network.max_prefixlen or not 0 <= number < 2**bits:
        raise ValueError(f"{cidr} has no subnet number {number} with {bits} more bits")
    first = int(network.network_address) + number * 2 ** (network.max_prefixlen - prefix)
    return f"{ipaddress.ip_address(first)}/{prefix}"


def cidr_host(cidr: str, number: int) -> str:
    import ipaddress

    network = ipaddress.ip_network(cidr)
    if not 0 <= number < network.num_addresses:
        raise ValueError(f"{cidr} has no address number {number}")
    return str(network.network_address + number)


def extreme(pick: Callable[..., Value]) -> Callable[..., Value]:
    def chosen(*values: Value) -> Value:
        items = values[0] if len(values) == 1 and isinstance(values[0], tuple) else values
        if not isinstance(items, tuple) or not items:
            raise ValueError("there is nothing to choose from")
        try:
            return pick(items)
        except TypeError:
            raise ValueError("these values cannot be compared") from None

    return chosen


def numbers(first: int, last: int | None = None) -> tuple[int, ...]:
    low, high = (0, first) if last is None else (first, last)
    if high - low > LONGEST:
        raise ValueError(f"a range has at most {LONGEST:,} items")
    return tuple(range(low, high))


def length(value: Value) -> int:
    if isinstance(value, Hosts):
        if value.count is None:
            raise ValueError("the members of a scaling tier come and go: their number is not known")
        return value.count
    if not isinstance(value, str | tuple | dict):
        raise ValueError("only a string, a list or a map has a length")
    return len(value)


def merge(*maps: dict[str, Value]) -> dict[str, Value]:
    return {key: value for one in maps for key, value in one.items()}


def split(text: str, separator: str) -> tuple[str, ...]:
    if not separator:
        raise ValueError("the separator is empty")
    if text.count(separator) >= LONGEST:
        raise ValueError(f"a list has at most {LONGEST:,} items")
    return tuple(text.split(separator))


def _release(distribution: str) -> Callable[[str], Release]:
    return lambda version: Release(distribution=distribution, version=version)


def _replace(text: str, old: str, new: str) -> str:
    if len(text) * (len(new) + 1) > 16 * LONGEST:
        raise ValueError("the result would be too long")
    return text.replace(old, new)


TABLE: dict[str, Callable[..., Value]] = {
    "length": length,
    "join": join,
    "split": split,
    "lower": str.lower,
    "upper": str.upper,
    "replace": _replace,
    "format": format_text,
    "quote": quote,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "sha256": lambda text: sha256(text.encode()),
    "cidr_subnet": cidr_subnet,
    "cidr_host": cidr_host,
    "min": extreme(min),
    "max": extreme(max),
    "merge": merge,
    "keys": lambda entries: tuple(entries),
    "values": lambda entries: tuple(entries.values()),
    "range": numbers,
    "cloud_image": lambda name: ReadyImage(name=name),
    **{name: _release(name) for name in RELEASES},
}
"""All but `file` and `template`, which need the project's files, and `tier`, which needs the solution."""

DEFERRED_ALLOWED = frozenset({"join", "format", "quote", "length", "merge", "keys", "values", "template"})
"""Functions whose arguments may be deploy-time values; all others compute on the value itself."""

KNOWN_FIRST = frozenset({"join", "format", "template"})
"""Of those, the ones whose first argument (separator, format, path) must be known all the same."""
