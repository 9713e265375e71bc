"""What Heat asks of a parameter's value: what its type needs, and the constraints of the blueprint."""

from __future__ import annotations

from bpc.model.values import ALLOWED, ALLOWED_IN_WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.solution import Constraints, Param

    Json = dict[str, Any]

STRING = {"allowed_pattern": ALLOWED, "description": ALLOWED_IN_WORDS}
CIDR = {"custom_constraint": "net_cidr"}
PORT = {"min": 1, "max": 65535}


def constraints(item: Param) -> list[Json]:
    """The constraints of a parameter, the cheapest first: Heat tells the first one that a value breaks.

    A pattern and a list of values have only characters that a value may have.
    """
    asked = item.constraints
    own: list[Json] = [CIDR] if item.type == "cidr" else []
    own += [] if asked is None else _asked(item, asked)
    if asked is not None and asked.message:
        own = [{**made, "description": asked.message} for made in own]
    if item.type == "port" and not any("range" in made for made in own):
        own = [{"range": PORT}, *own]
    if item.type == "string" and not any("allowed_pattern" in made or "allowed_values" in made for made in own):
        own = [*own, STRING]
    return own


def _asked(item: Param, asked: Constraints) -> list[Json]:
    bounds = {"min": asked.least, "max": asked.most}
    if item.type == "port" and (asked.least is not None or asked.most is not None):
        bounds = {name: PORT[name] if bound is None else bound for name, bound in bounds.items()}
    made: list[Json] = []
    for name, limits in (("range", bounds), ("length", {"min": asked.shortest, "max": asked.longest})):
        said = {bound: limit for bound, limit in limits.items() if limit is not None}
        if said:
            made.append({name: said})
    if asked.allowed:
        made.append({"allowed_values": list(asked.allowed)})
    if asked.pattern:
        made.append({"allowed_pattern": f"^{asked.pattern}$"})
    return made
