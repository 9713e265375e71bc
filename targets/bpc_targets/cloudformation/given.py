"""Secrets that are given: a value that the stack keeps in Secrets Manager, or the ARN of a secret that is there."""

from __future__ import annotations

from troposphere import And, Equals, Not, Or, Ref

from bpc.deployment import Parameter
from bpc.model.resources import GIVEN
from bpc.model.values import ALLOWED, ALLOWED_IN_WORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.resources import Secret
    from bpc_targets.cloudformation.stack import Stack

ARN = "(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+-[A-Za-z0-9]{6})?"
"""A whole ARN: with less, the machines' role would not cover the secret."""
SECRETS = """
   Secrets that are given ({names}): bpc has no value of them, and takes none. For each, one of two ways:
   - {value} in PARAMETERS, {most:,} bytes at most, "\\n" for each line end: the stack keeps it in a secret of its own in
     Secrets Manager, and CloudFormation shows it nowhere. Take it out of the file when the stack is made.
   - {arn} in PARAMETERS: the ARN of a secret that you made before, in the stack's account and region, as a text and
     with the key aws/secretsmanager. It is never changed, and stays when the stack is deleted:
    aws secretsmanager create-secret --name NAME --secret-string file://FILE
   An update keeps what was given ("UsePreviousValue"; of a new secret, take the lines from parameters.json). Machines fetch
   a secret when they first start: after it has changed, those that are there keep the old value until they are replaced.
"""


def given_secret(stack: Stack, item: Secret) -> dict[str, Any]:
    """The parameters of a given secret, of which exactly one has a value; what the resource has that keeps it."""
    value, arn, new = (stack.given(kind, item.name) for kind in ("Given", "Arn", "New"))
    asked = Parameter(name=value, source="secret", value=None, tiers=(), why=f"or {arn}, see below", fixed=True)
    words = f"The secret {item.name}: its value; empty where {arn} is given."
    text = {"Type": "String", "Description": words, "MaxLength": GIVEN}
    stack.ask(asked, {**text, "NoEcho": True, "AllowedPattern": ALLOWED, "ConstraintDescription": ALLOWED_IN_WORDS})
    asked = Parameter(name=arn, source="secret", value="", tiers=(), why=f"instead of {value}", fixed=True)
    words = f"The secret {item.name}: the ARN of one that is there; empty where {value} is given."
    text = {"Type": "String", "Default": "", "Description": words, "AllowedPattern": ARN}
    stack.ask(asked, {**text, "ConstraintDescription": "the whole ARN of a secret, with the six characters at its end"})
    has_value, has_arn = (Not(Equals(Ref(name), "")) for name in (value, arn))
    no_value, no_arn = (Equals(Ref(name), "") for name in (value, arn))
    one = Or(And(has_value, no_arn), And(no_value, has_arn)).to_dict()
    description = f"Give either {value} or {arn}"
    stack.rules[stack.given("One", item.name)] = {"Assertions": [{"Assert": one, "AssertDescription": description}]}
    stack.conditions[new] = no_arn.to_dict()
    return {"SecretString": Ref(value), "Condition": new}


def explained(stack: Stack) -> str:
    """How given secrets are handed over, for README.txt; nothing where there are none."""
    names = [name for name, secret in stack.index.secrets.items() if secret.given]
    if not names:
        return ""
    return SECRETS.format(
        names=", ".join(names),
        value=" and ".join(stack.given("Given", name) for name in names),
        arn=" and ".join(stack.given("Arn", name) for name in names),
        most=GIVEN,
    )
