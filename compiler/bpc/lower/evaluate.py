"""Expressions to values. A mistake raises `Wrong` with its diagnostic; the statement that holds the expression reports it."""

from __future__ import annotations

from bpc.diagnostics import lower, resolve
from bpc.diagnostics.base import Note, did_you_mean
from bpc.diagnostics.check import SettingTwice
from bpc.lower.compare import less, same, unknown
from bpc.lower.functions import DEFERRED_ALLOWED, KNOWN_FIRST, LONGEST, TABLE, as_text, from_text
from bpc.lower.types import Wrong, article, bad, fits, origin
from bpc.lower.values import (
    Deferred,
    Duration,
    Hosts,
    ModuleValue,
    Percent,
    Range,
    Size,
    TemplateValue,
    TierValue,
    Value,
    type_name,
)
from bpc.model.values import MemberAddressHole, concat
from bpc.names import check
from bpc.record import assert_never
from bpc.syntax.tree import (
    Attribute,
    Binary,
    Boolean,
    Broken,
    Call,
    Comprehension,
    Conditional,
    Index,
    ListLiteral,
    MapLiteral,
    Name,
    Number,
    Quantity,
    RangeLiteral,
    String,
    Unary,
)
from bpc.vocabulary import DURATIONS, FUNCTIONS, SIZES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.lower.scope import Scope
    from bpc.lower.values import LateText
    from bpc.syntax.tree import Expression

COST, COSTS = 5, {"cidr_subnet": 20, "cidr_host": 20}
"""Steps of a call."""
KEEPS = (Size, Duration, Percent)
TEXTS = ("string", "cidr", "secret")
"""Types of deploy-time values that are texts."""


def evaluate(node: Expression, scope: Scope) -> Value:
    """The value of an expression. Raises `Wrong`."""
    match node:
        case String():
            return _string(node, scope)
        case Number() | Boolean():
            return node.value
        case Quantity():
            return _quantity(node)
        case Name():
            return scope.lookup(node.text, node.span)
        case Attribute():
            return _attribute(node, scope)
        case Call():
            return _call(node, scope)
        case ListLiteral():
            return scope.world.passing(tuple(evaluate(item, scope) for item in node.items), node.span)  # type: ignore[no-any-return]
        case MapLiteral():
            return _map(node, scope)
        case Index():
            return _index(node, scope)
        case Comprehension():
            return scope.world.passing(tuple(_comprehend(node, scope)), node.span)  # type: ignore[no-any-return]
        case Conditional():
            chosen = fits(evaluate(node.condition, scope), "bool", node.condition.span)
            return evaluate(node.then if chosen else node.otherwise, scope)
        case RangeLiteral():
            return _range(node, scope)
        case Unary():
            return _unary(node, scope)
        case Binary():
            return _binary(node, scope)
        case Broken():
            raise AssertionError("a text with mistakes is not lowered")
        case _:
            assert_never(node)


def evaluate_as(kind: str, node: Expression, scope: Scope, *, deploy: bool) -> Value:
    """The value of an expression as a type of the vocabulary needs it; a wrong item of a list is marked itself. Raises `Wrong`."""
    if isinstance(node, ListLiteral):
        for alternative in kind.split(" | "):
            if alternative.startswith("list("):
                return tuple(evaluate_as(alternative[5:-1], item, scope, deploy=deploy) for item in node.items)
    return fits(evaluate(node, scope), kind, node.span, deploy=deploy)


def _string(node: String, scope: Scope) -> Value:
    parts = node.parts
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    texts: list[LateText] = []
    for part in parts:
        if isinstance(part, str):
            texts.append((part,))
            continue
        value = scope.world.passing(evaluate(part, scope), node.span)
        try:
            texts.append(as_text(value))
        except ValueError:
            raise Wrong(_wrong("a string, number or bool", value, part)) from None
    try:
        return from_text(concat(*texts))
    except ValueError as error:
        raise bad(node.span, str(error)) from None


def _wrong(expected: str, value: Value, node: Expression, hint: str = "") -> lower.WrongType:
    return lower.WrongType(span=node.span, expected=expected, actual=article(type_name(value)), hint=hint)


def _quantity(node: Quantity) -> Value:
    if node.unit == "%":
        return Percent(node.number)
    scale, kind = (SIZES[node.unit], Size) if node.unit in SIZES else (DURATIONS[node.unit], Duration)
    exact = node.number * scale
    if exact != int(exact):
        raise bad(
            node.span,
            f"{node.number}{node.unit} is not a whole number of {'bytes' if kind is Size else 'milliseconds'}",
        )
    return kind(int(exact))


def _key(key: object, scope: Scope) -> str:
    if isinstance(key, String):
        return str(fits(evaluate(key, scope), "string", key.span))
    return key.text  # type: ignore[attr-defined, no-any-return]


def _map(node: MapLiteral, scope: Scope) -> Value:
    made: dict[str, Value] = {}
    for entry in node.entries:
        key = _key(entry.key, scope)
        if key in made:
            first = node.entries[list(made).index(key)]
            notes = (Note(span=first.key.span, text="set here first"),)
            raise Wrong(SettingTwice(span=entry.key.span, name=key, notes=notes))
        made[key] = evaluate(entry.value, scope)
    return scope.world.passing(made, node.span)  # type: ignore[no-any-return]


def _range(node: RangeLiteral, scope: Scope) -> Range:
    low = fits(evaluate(node.low, scope), "int", node.low.span)
    high = fits(evaluate(node.high, scope), "int", node.high.span)
    assert isinstance(low, int) and isinstance(high, int)
    if low > high:
        raise bad(
            node.span, f"a range goes from low to high, but {low} is more than {high}", f"did you mean {high}..{low}?"
        )
    return Range(low=low, high=high)


def items(value: Value, node: Expression) -> Iterator[Value]:
    """What a loop sees of a list, a map (its keys) or the hosts of a tier with identity."""
    if isinstance(value, tuple | dict):
        yield from value
    elif isinstance(value, Hosts) and value.count is not None:
        for member in range(value.count):
            hole = MemberAddressHole(group=value.tier, network=value.network, member=member)
            yield Deferred(text=(hole,), type="string")
    elif isinstance(value, Hosts):
        raise bad(
            node.span, f'the members of "{value.tier}" come and go: they cannot be listed', "use join(separator, hosts)"
        )
    elif isinstance(value, Deferred):
        raise Wrong(lower.DeployTime(span=node.span, what=origin(value)))
    else:
        raise Wrong(_wrong("a list", value, node))


def _comprehend(node: Comprehension, scope: Scope) -> Iterator[Value]:
    weight = scope.world.weight(node)
    for item in items(evaluate(node.iterable, scope), node.iterable):
        scope.world.steps(weight, node.span)
        inner = scope.inner({node.variable.text: item})
        if node.condition is None or fits(evaluate(node.condition, inner), "bool", node.condition.span):
            yield evaluate(node.element, inner)


def _attribute(node: Attribute, scope: Scope) -> Value:
    target = evaluate(node.target, scope)
    if isinstance(target, ModuleValue):
        return scope.world.member(target.name, node.name.text, node.name.span)
    if isinstance(target, dict):
        if node.name.text in target:
            entry: Value = target[node.name.text]
            return entry
        hint = did_you_mean(node.name.text, target)
        raise Wrong(resolve.UnknownMember(span=node.name.span, what="the map", name=node.name.text, hint=hint))
    return scope.world.attribute(target, node.name.text, node.name.span)


def _index(node: Index, scope: Scope) -> Value:
    target = evaluate(node.target, scope)
    if isinstance(target, dict):
        key = fits(evaluate(node.index, scope), "string", node.index.span)
        if key not in target:
            hint = did_you_mean(str(key), target)
            raise Wrong(resolve.UnknownMember(span=node.index.span, what="the map", name=str(key), hint=hint))
        found: Value = target[str(key)]
        return found
    index = fits(evaluate(node.index, scope), "int", node.index.span)
    assert isinstance(index, int)
    if isinstance(target, TierValue):
        return scope.world.member_of(target.name, index, node.index.span)
    listed = target if isinstance(target, tuple) else tuple(items(target, node.target))
    if not 0 <= index < len(listed):
        raise bad(node.index.span, f"the list has {len(listed)} items, numbered from 0")
    return listed[index]


def _unary(node: Unary, scope: Scope) -> Value:
    value = evaluate(node.operand, scope)
    if node.operator == "not":
        return not fits(value, "bool", node.operand.span)
    value = fits(value, "int | number", node.operand.span)
    return -value  # type: ignore[operator]


def _binary(node: Binary, scope: Scope) -> Value:
    left = evaluate(node.left, scope)
    if node.operator in ("and", "or"):
        fits(left, "bool", node.left.span)
        if bool(left) == (node.operator == "or"):
            return left
        return fits(evaluate(node.right, scope), "bool", node.right.span)
    right = evaluate(node.right, scope)
    for side, value in ((node.left, left), (node.right, right)):
        if isinstance(value, Deferred) and not (node.operator == "+" and (_is_text(left) or _is_text(right))):
            raise Wrong(lower.DeployTime(span=side.span, what=origin(value)))
        inside = unknown(value) if _compares(node.operator, right) else None
        if inside is not None:
            raise Wrong(lower.DeployTime(span=side.span, what=origin(inside)))
    for value in (left, right):
        scope.world.passing(value, node.span)
    try:
        return compute(node, left, right)
    except TypeError:
        problem = mixed(node.operator, type_name(left), type_name(right))
        raise bad(node.span, problem) from None
    except ValueError as error:
        raise bad(node.span, f'"{node.operator}": {error}') from None


def _compares(operator: str, right: Value) -> bool:
    """Whether an operator looks at what is inside its sides; a map is asked for its keys only."""
    return operator in ("==", "!=") or (operator == "in" and not isinstance(right, dict))


def mixed(operator: str, left: str, right: str) -> str:
    """What is wrong with an operator between two types."""
    return f'"{operator}" does not work between {article(left)} and {article(right)}'


def compute(node: Binary, left: Value, right: Value) -> Value:
    """An operator on two compile-time values. Raises TypeError where it does not work between their types."""
    match node.operator:
        case "==":
            return same(left, right)
        case "!=":
            return not same(left, right)
        case "<":
            return less(left, right)
        case "<=":
            return not less(right, left)
        case ">":
            return less(right, left)
        case ">=":
            return not less(left, right)
        case "in":
            return _within(left, right)
        case _:
            return _arithmetic(node.operator, left, right)


def _is_text(value: Value) -> bool:
    return isinstance(value, str) or (isinstance(value, Deferred) and value.type in TEXTS)


def _within(item: Value, container: Value) -> bool:
    """Whether a text has a part, a list an item or a map a key."""
    if isinstance(container, tuple):
        return any(same(item, one) for one in container)
    if not isinstance(container, str | dict) or not isinstance(item, str):
        raise TypeError
    return item in container


def _arithmetic(operator: str, left: Value, right: Value) -> Value:
    if operator == "+" and _is_text(left) and _is_text(right):
        return from_text(concat(as_text(left), as_text(right)))
    if operator == "+" and isinstance(left, tuple) and isinstance(right, tuple):
        if len(left) + len(right) > LONGEST:
            raise ValueError(f"a list has at most {LONGEST:,} items")
        return left + right
    if isinstance(left, bool) or isinstance(right, bool):
        raise TypeError
    if not (isinstance(left, int | float) and isinstance(right, int | float)):
        raise TypeError
    return _number(operator, left, right)


def _number(operator: str, left: int | float, right: int | float) -> Value:
    """Arithmetic keeps units: size + size, size * 3; size / size is a plain number."""
    units = [type(side) for side in (left, right) if isinstance(side, KEEPS)]
    if operator in "+-%" and units and type(left) is not type(right):
        raise TypeError
    if (operator == "*" and len(units) == 2) or (
        operator == "/" and isinstance(right, KEEPS) and type(left) is not type(right)
    ):
        raise TypeError
    if abs(left) > 10**30 or abs(right) > 10**30:
        raise ValueError("the numbers are too large")
    if operator in "/%" and right == 0:
        raise ValueError("division by zero")
    plain: int | float
    match operator:
        case "+":
            plain = left + right
        case "-":
            plain = left - right
        case "*":
            plain = left * right
        case "%":
            plain = left % right
        case _:
            plain = left // right if left % right == 0 else left / right  # whole numbers stay whole, and exact
    if not units or (operator == "/" and len(units) == 2):
        return plain
    return units[0](round(plain) if units[0] is not Percent else plain)


def _call(node: Call, scope: Scope) -> Value:
    function = node.function
    if isinstance(function, Name) and function.text not in scope and function.text in (*FUNCTIONS, "tier"):
        return _function(function.text, node, scope)
    template = scope.template(function.text) if isinstance(function, Name) else None
    target = template or evaluate(function, scope)
    if not isinstance(target, TemplateValue):
        raise Wrong(_wrong("a function or an image template", target, function))
    return _template_call(target, node, scope)


def _template_call(target: TemplateValue, node: Call, scope: Scope) -> TemplateValue:
    arguments: dict[str, Value] = {}
    for argument in node.arguments:
        if argument.name is None:
            problem = "takes its arguments by name"
            raise Wrong(lower.WrongArguments(span=argument.span, name=_template_name(target), problem=problem))
        arguments[argument.name.text] = evaluate(argument.value, scope)
    places = {a.name.text: a.value.span for a in node.arguments if a.name is not None}
    return TemplateValue(file=target.file, block=target.block, arguments=arguments, places=places, span=node.span)


def _template_name(target: TemplateValue) -> str:
    return getattr(target.block.label, "text", "")


def _function(name: str, node: Call, scope: Scope) -> Value:
    arguments = []
    for argument in node.arguments:
        if argument.name is not None:
            problem = f'takes no argument by name ("{argument.name.text}")'
            raise Wrong(lower.WrongArguments(span=argument.span, name=name, problem=problem))
        arguments.append(evaluate(argument.value, scope))
    problem = wrong_number(name, len(arguments))
    if problem:
        raise Wrong(lower.WrongArguments(span=node.span, name=name, problem=problem))
    if name == "tier":
        return scope.world.tier_named(str(_fitting(name, ("string",), node, arguments)[0]), node.span)
    kinds = FUNCTIONS[name].parameters
    kinds += kinds[-1:] * (len(arguments) - len(kinds))
    checked = _fitting(name, kinds, node, arguments)
    if name in ("file", "template"):
        return scope.world.read_function(name, checked, node.span)
    for argument, value in zip(node.arguments, checked, strict=True):
        wrong = check(value, FUNCTIONS[name].form, argument.value.span) if isinstance(value, str) else None
        if wrong is not None:
            raise Wrong(wrong)
    scope.world.steps(COSTS.get(name, COST), node.span)
    for value in checked:
        scope.world.passing(value, node.span)
    try:
        return scope.world.passing(TABLE[name](*checked), node.span)  # type: ignore[no-any-return]
    except ValueError as error:
        problem, *hint = error.args or ("",)
        raise bad(node.span, f"{name}: {problem}", *hint) from None


def wrong_number(name: str, given: int) -> str:
    """What is wrong with the number of a function's arguments; empty where nothing is."""
    signature = FUNCTIONS.get(name)
    least, most = (1, 1) if signature is None else (signature.required, len(signature.parameters))
    if least <= given <= (10_000 if signature is not None and signature.variadic else most):
        return ""
    return f"takes {least} argument{'s' * (least != 1)}, and is given {given}"


def _fitting(name: str, kinds: tuple[str, ...], node: Call, arguments: list[Value]) -> list[Value]:
    given = zip(arguments, kinds, node.arguments, strict=False)
    return [
        fits(
            value,
            kind,
            argument.value.span,
            deploy=name in DEFERRED_ALLOWED and (position > 0 or name not in KNOWN_FIRST),
        )
        for position, (value, kind, argument) in enumerate(given)
    ]
