"""What the compiler says of a row: its value in the notation of the language, or the diagnostic."""

from __future__ import annotations

import re

from pages import Row, blueprint

from bpc.language.coerce import EvaluationError, coerce
from bpc.language.functions import private_text, public_text
from bpc.language.values import (
    Deferred,
    Duration,
    EndpointHost,
    EndpointValue,
    Hosts,
    MemberValue,
    NetworkValue,
    Percent,
    Range,
    SecurityGroup,
    Size,
    TemplateValue,
    TierValue,
)
from bpc.lower.budget import Budget
from bpc.lower.evaluate import evaluate_as, value_of
from bpc.lower.scope import Scope
from bpc.lower.solution import Choice, begin, enter
from bpc.lower.templates import Templates
from bpc.model.steps import ReadyImage, Release
from bpc.model.values import (
    BalancerAddressHole,
    MemberAddressesHole,
    MemberAddressHole,
    ParamHole,
    PublicAddressHole,
    QuotedHole,
    SecretHole,
)
from bpc.resolve.symbols import LetSymbol
from bpc.source import Source, Span


def generous() -> Budget:
    """A budget that ends nothing before a value's own limits do."""
    budget = Budget()
    budget.read(2_000_000)
    return budget


def opened(row: Row, budget: Budget) -> tuple[LetSymbol, Scope]:
    """A row's `let`, not evaluated yet, and the scope to do it in. Raises `EvaluationError`."""
    judged = blueprint(row)
    analysis = judged.analysis
    for found in analysis.found.found:
        if found.severity == "error":
            raise EvaluationError(found)
    choice = Choice(environment=row.environment, settings={}, bindings=analysis.bindings, bakes={}, lock={})
    lowering = begin(analysis, choice, judged.reading.fork(), Templates(budget))
    scope = enter(analysis.program.solution, choice, lowering).scope
    for found in lowering.context.found:
        raise EvaluationError(found)
    symbol = analysis.bindings.declared(analysis.program.solution)["it"]
    assert isinstance(symbol, LetSymbol)
    return symbol, scope


def evaluated(row: Row, kind: str = "any") -> object:
    """The value of a row's expression as a type needs it. Raises `EvaluationError`."""
    symbol, scope = opened(row, generous())
    if kind == "any":
        return value_of(symbol, scope, NOWHERE)
    return evaluate_as(kind, symbol.nodes[0].value, scope, deploy=True)


def charged(row: Row) -> tuple[int, int]:
    """The steps and bytes that the evaluation of a row's expression is charged with."""
    budget = generous()
    symbol, scope = opened(row, budget)
    steps, size = budget.steps_left, budget.bytes_left
    value_of(symbol, scope, NOWHERE)
    return steps - budget.steps_left, size - budget.bytes_left


def told(row: Row) -> dict[str, str]:
    """What the columns of a row should say, by what the compiler says."""
    try:
        value = evaluated(row, kind=row.cells.get("type", "any"))
        if "in a machine" in row.cells:
            return {
                "in a machine": text_shown(private_text(value)),
                "in an output": text_shown(public_text(coerce(value, "any", NOWHERE, deploy=True))),
            }
        return {"value": shown(value)}
    except EvaluationError as wrong:
        found = wrong.diagnostic
        return {"value": f"{found.code}: {found.text}; {found.hint}"}


NOWHERE = Span(Source("nowhere", ""), 0, 0)


def agrees(expected: str, actual: str) -> bool:
    """Whether a cell is what the compiler says: a refusal by its code and a part of its text, a value exactly."""
    if not re.match(r"[A-Z]{3,}\d{3}\b", expected):
        return expected == actual
    code, _, rest = expected.partition(": ")
    parts = [re.escape(part.strip()) for part in rest.split("…")]
    return re.match(f"{code}: .*{'.*'.join(parts)}", actual, re.DOTALL) is not None


# ---- values, in the notation of the language


def shown(value: object) -> str:
    """A value as one would write it: the type can be seen (`2` is an int, `2.0` a number)."""
    match value:
        case bool():
            return str(value).lower()
        case Size():
            return with_unit(value, (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10), ("B", 1)))
        case Duration():
            return with_unit(value, (("d", 86400000), ("h", 3600000), ("min", 60000), ("s", 1000), ("ms", 1)))
        case Percent():
            return f"{float(value):g}%"
        case int() | float():
            return str(value)
        case str():
            return text_shown((value,))
        case tuple():
            return f"[{', '.join(shown(item) for item in value)}]"
        case dict():
            if not value:
                return "{}"
            return "{ " + ", ".join(f"{key_shown(key)} = {shown(item)}" for key, item in value.items()) + " }"
        case Range():
            return f"{value.low}..{value.high}"
        case Deferred():
            return text_shown(value.text)
        case _:
            return thing_shown(value)


def thing_shown(value: object) -> str:
    match value:
        case TierValue() | NetworkValue():
            return f"{type(value).__name__[:-5].lower()} {value.name}"
        case MemberValue():
            return f"member {value.tier}[{value.index}]"
        case EndpointValue():
            return f"endpoint {value.tier}.{value.name}"
        case Hosts():
            count = "all" if value.count is None else f"the {value.count}"
            return f"{count} addresses of {value.tier} on {value.network}"
        case TemplateValue():
            arguments = ", ".join(f"{name} = {shown(item)}" for name, item in value.arguments.items())
            return f"image {value.block.label.text}({arguments})"
        case Release():
            return f"release {value.distribution} {value.version}"
        case SecurityGroup():
            return f"security group {value.name}"
        case ReadyImage():
            return f"ready image {value.name}"
    raise AssertionError(f"no notation for {value!r}")


def with_unit(number: int, units: tuple[tuple[str, int], ...]) -> str:
    unit, scale = next((pair for pair in units if number and number % pair[1] == 0), units[-1])
    return f"{int(number) // scale}{unit}"


def key_shown(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_]\w*", key) else text_shown((key,))


ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "$": "\\$"}


def text_shown(text: tuple[object, ...]) -> str:
    """A text as the language writes it; what is known only when the stack runs stands in `⟨ ⟩`."""
    parts = (
        "".join(ESCAPES.get(c, c if c.isprintable() else f"\\u{{{ord(c):X}}}") for c in part)
        if isinstance(part, str)
        else f"⟨{hole_shown(part)}⟩"
        for part in text
    )
    return f'"{"".join(parts)}"'


def hole_shown(hole: object) -> str:
    match hole:
        case QuotedHole():
            return f"quoted {hole_shown(hole.hole)}"
        case ParamHole():
            return f"param {hole.param}"
        case SecretHole():
            return f"secret {hole.secret}"
        case MemberAddressHole():
            return f"address of {hole.group}[{hole.member}] on {hole.network}"
        case MemberAddressesHole():
            return f"addresses of {hole.group} on {hole.network}, joined by {text_shown((hole.separator,))[1:-1]}"
        case BalancerAddressHole():
            return f"address of the balancer {hole.endpoint}"
        case PublicAddressHole():
            member = "" if hole.member is None else f"[{hole.member}]"
            return f"public address of {hole.owner}{member}"
        case EndpointHost():
            return f"public or private: {hole_shown(hole.public)} or {hole_shown(hole.private)}"
    raise AssertionError(f"no notation for {hole!r}")
