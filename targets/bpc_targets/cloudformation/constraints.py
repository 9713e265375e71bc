"""What CloudFormation asks of a parameter's value: what its type needs, and the constraints of the blueprint."""

from __future__ import annotations

from bpc.model.values import ALLOWED, ALLOWED_IN_WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.solution import Constraints, Param

    Json = dict[str, Any]

STRING = {"AllowedPattern": ALLOWED, "ConstraintDescription": ALLOWED_IN_WORDS}
CIDR = {"AllowedPattern": "[0-9a-fA-F.:]+/[0-9]{1,3}", "ConstraintDescription": "a CIDR such as 203.0.113.0/24"}
PORT = {"MinValue": 1, "MaxValue": 65535}


def constraints(item: Param) -> Json:
    """The constraints of a parameter. A pattern and a list of values have only characters that a value may have."""
    asked = item.constraints
    own = {} if asked is None else _asked(asked)
    if item.type == "bool":
        return {"AllowedValues": ["true", "false"]}
    if item.type == "port":
        return PORT | own
    if item.type in ("string", "cidr") and not own.keys() & {"AllowedPattern", "AllowedValues"}:
        return (CIDR if item.type == "cidr" else STRING) | own
    return own


def _asked(asked: Constraints) -> Json:
    values = {
        "MinValue": asked.least,
        "MaxValue": asked.most,
        "MinLength": asked.shortest,
        "MaxLength": asked.longest,
        "AllowedValues": [text(value) for value in asked.allowed] or None,
        "AllowedPattern": f"^{asked.pattern}$" if asked.pattern else None,
        "ConstraintDescription": asked.message or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def text(given: object) -> str:
    """A value as AWS has it, which compares texts: a whole number has one spelling."""
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    return str(given).lower() if isinstance(given, bool) else str(given)
