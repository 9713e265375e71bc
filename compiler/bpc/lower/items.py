"""What a loop sees of a value, in the language and in a template."""

from __future__ import annotations

from bpc.diagnostics import lower
from bpc.language.coerce import EvaluationError, invalid, origin
from bpc.language.types import article
from bpc.language.values import Deferred, Hosts, Value, type_name
from bpc.model.values import MemberAddressHole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.source import Span


def items(value: Value, span: Span) -> Iterator[Value]:
    """What a loop sees of a list, a map (its keys) or the hosts of a tier with identity."""
    if isinstance(value, tuple | dict):
        yield from value
    elif isinstance(value, Hosts) and value.count is not None:
        for member in range(value.count):
            hole = MemberAddressHole(group=value.tier, network=value.network, member=member)
            yield Deferred(text=(hole,), type="string")
    elif isinstance(value, Hosts):
        raise invalid(
            span, f'the members of "{value.tier}" come and go: they cannot be listed', "use join(separator, hosts)"
        )
    elif isinstance(value, Deferred):
        raise EvaluationError(lower.DeployTime(span=span, what=origin(value)))
    else:
        raise EvaluationError(lower.WrongType(span=span, expected="a list", actual=article(type_name(value))))
