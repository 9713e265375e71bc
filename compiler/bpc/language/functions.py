"""The functions of the language: pure, over evaluated values. A `ValueError` says in words what they cannot take."""

from __future__ import annotations

import base64
import re

from bpc.digest import sha256
from bpc.language.compare import less
from bpc.language.values import Deferred, EndpointHost, Hosts, SecurityGroup, Value
from bpc.model.steps import ReadyImage, Release
from bpc.model.values import MemberAddressesHole, QuotedHole, concat
from bpc.vocabulary import RELEASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bpc.language.values import LateText
    from bpc.model.values import Hole, Text

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


def private_text(value: Value) -> Text:
    """A scalar as a text of the model, for a machine of the solution. Raises ValueError for what has no text."""
    return private(as_text(value))


def private(text: LateText) -> Text:
    """A text as a machine of the solution has it: endpoints are where the solution's own networks reach them."""
    return tuple(part.private if isinstance(part, EndpointHost) else part for part in text)


def public_text(value: Value) -> Text:
    """A scalar as a text of an output: endpoints that are public are where the world reaches them. Raises ValueError."""
    return tuple(part.public if isinstance(part, EndpointHost) else part for part in as_text(value))


def as_text(value: Value) -> LateText:
    """A scalar as a text with holes, as interpolation writes it. Raises ValueError for what has no text."""
    if isinstance(value, Deferred):
        return value.text
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, int | float | str):
        return (str(value) if not isinstance(value, float) or value != int(value) else str(int(value)),)
    raise ValueError("only a string, number or bool can be converted to text")


def from_text(text: LateText) -> Value:
    """A text as a value: a plain string where it has no holes. Raises ValueError where it is too long."""
    _fits(_size(text))
    strings = [part for part in text if isinstance(part, str)]
    return "".join(strings) if len(strings) == len(text) else Deferred(text=text, type="string")


def quote(value: Value) -> Value:
    """A scalar as one word of a shell, whatever characters it has; what a deploy-time value has is quoted at deployment."""
    return from_text(concat(("'",), tuple(map(_quoted, as_text(value))), ("'",)))


def _quoted(part: str | Hole | EndpointHost) -> str | Hole | EndpointHost:
    if isinstance(part, str):
        return part.replace("'", "'\\''")
    if isinstance(part, EndpointHost):
        return EndpointHost(private=QuotedHole(hole=part.private), public=QuotedHole(hole=part.public))
    return QuotedHole(hole=part)


def format_text(template: str, *values: Value) -> Value:
    parts: list[tuple] = []  # type: ignore[type-arg]
    size = 0
    import string

    filled = 0
    try:
        for text, field, spec, conversion in string.Formatter().parse(template):
            parts.append((text,))
            if field is not None:
                if spec or conversion or not re.fullmatch("[0-9]{0,5}", field):
                    raise ValueError('a placeholder in a format is "{}" or "{0}"')
                parts.append(as_text(values[int(field) if field else filled]))
                filled += field == ""
                size += _size(parts[-1]) + len(parts[-1])
                _fits(size)
    except IndexError:
        raise ValueError("the format has more placeholders than values") from None
    return from_text(concat(*parts))


def cidr_subnet(cidr: str, bits: int, number: int) -> str:
    import ipaddress

    network = ipaddress.ip_network(cidr)
    prefix = network.prefixlen + bits
    if bits < 0 or prefix > network.max_prefixlen or not 0 <= number < 2**bits:
        raise ValueError(f"{cidr} has no subnet number {number} with {bits} more bits")
    first = int(network.network_address) + number * 2 ** (network.max_prefixlen - prefix)
    return f"{type(network.network_address)(first)}/{prefix}"


def cidr_host(cidr: str, number: int) -> str:
    import ipaddress

    network = ipaddress.ip_network(cidr)
    if not 0 <= number < network.num_addresses:
        raise ValueError(f"{cidr} has no address number {number}")
    return str(network.network_address + number)


def least(*values: Value) -> Value:
    return _first(values, less)


def greatest(*values: Value) -> Value:
    return _first(values, lambda left, right: less(right, left))


def _first(values: tuple[Value, ...], before: Callable[[Value, Value], bool]) -> Value:
    """The value that comes before all others; of equal ones, the first."""
    items = values[0] if len(values) == 1 and isinstance(values[0], tuple) else values
    if not items:
        raise ValueError("at least one value is needed")
    chosen = items[0]
    try:
        before(chosen, chosen)
        for item in items[1:]:
            if before(item, chosen):
                chosen = item
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
        raise ValueError("expected a string, a list or a map")
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
    def release(version: str) -> Release:
        if not version.replace(".", "").isdigit() or (distribution == "ubuntu" and "." not in version):
            from bpc.language.hints import release_number

            number = release_number(distribution, version)
            if number:
                raise ValueError(f'"{version}" is not a version number', f'write {distribution}("{number}")')
        return Release(distribution=distribution, version=version)

    return release


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
    "min": least,
    "max": greatest,
    "merge": merge,
    "keys": lambda entries: tuple(entries),
    "values": lambda entries: tuple(entries.values()),
    "range": numbers,
    "existing": lambda name: SecurityGroup(name=name),
    "cloud_image": lambda name: ReadyImage(name=name),
    **{name: _release(name) for name in RELEASES},
}
"""All but `file` and `template`, which need the project's files, and `tier`, which needs the solution."""

DEFERRED_ALLOWED = frozenset({"join", "format", "quote"})
"""Functions whose arguments may be deploy-time values; all others compute on the value itself. What is in a list or map may be one anywhere."""

KNOWN_FIRST = frozenset({"join", "format"})
"""Of those, the ones whose first argument (separator, format) must be known all the same."""
