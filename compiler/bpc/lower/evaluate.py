"""Expressions to values. A mistake raises `EvaluationError` with its diagnostic; the statement that holds the expression reports it."""

from __future__ import annotations

from bpc.check.calls import wrong_call
from bpc.diagnostics import lower, resolve
from bpc.diagnostics.base import Note, did_you_mean
from bpc.diagnostics.check import SettingTwice
from bpc.language.coerce import EvaluationError, coerce, invalid, origin
from bpc.language.compare import unknown
from bpc.language.functions import DEFERRED_ALLOWED, KNOWN_FIRST, TABLE, as_text, from_text
from bpc.language.operators import compute, is_text, mixed, quantity
from bpc.language.types import BOOL, INT, NUMERIC, STRING, article
from bpc.language.values import (
    Deferred,
    ModuleValue,
    NativeValue,
    NetworkValue,
    Range,
    TemplateValue,
    TierValue,
    Value,
    type_name,
)
from bpc.lower.items import items
from bpc.lower.scope import UNKNOWN, Lazy, Scope, Unknown
from bpc.model.values import ParamHole, SecretHole, concat
from bpc.names import check
from bpc.record import assert_never
from bpc.resolve.symbols import (
    ArgumentSymbol,
    FileSymbol,
    FunctionSymbol,
    ImageSymbol,
    LetSymbol,
    LoopSymbol,
    LostSymbol,
    NativeSymbol,
    NetworkSymbol,
    ParamSymbol,
    SecretSymbol,
    TierSymbol,
)
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
from bpc.vocabulary import FUNCTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.language.values import LateText
    from bpc.resolve.symbols import Symbol
    from bpc.source import Span
    from bpc.syntax.tree import Expression, Identifier

COST, COSTS = 5, {"cidr_subnet": 20, "cidr_host": 20}
"""Steps of a call."""


def evaluate(node: Expression, scope: Scope) -> Value:
    """The value of an expression. Raises `EvaluationError`."""
    match node:
        case String():
            return _string(node, scope)
        case Number() | Boolean():
            return node.value
        case Quantity():
            return quantity(node)
        case Name():
            symbol = scope.lowering.bindings.get(node)
            assert symbol is not None
            return value_of(symbol, scope, node.span)
        case Attribute():
            return _attribute(node, scope)
        case Call():
            return _call(node, scope)
        case ListLiteral():
            return scope.context.passing(tuple(evaluate(item, scope) for item in node.items), node.span)  # type: ignore[no-any-return]
        case MapLiteral():
            return _map(node, scope)
        case Index():
            return _index(node, scope)
        case Comprehension():
            return scope.context.passing(tuple(_comprehend(node, scope)), node.span)  # type: ignore[no-any-return]
        case Conditional():
            chosen = coerce(evaluate(node.condition, scope), BOOL, node.condition.span)
            return evaluate(node.then if chosen else node.otherwise, scope)
        case RangeLiteral():
            return _range(node, scope)
        case Unary():
            return _unary(node, scope)
        case Binary():
            return _binary(node, scope)
        case Broken():
            raise EvaluationError(None)  # told when it was read
        case _:
            assert_never(node)


def value_of(symbol: Symbol, scope: Scope, span: Span) -> Value:
    """What a name stands for; `span` is the place that asks. Raises `EvaluationError`."""
    match symbol:
        case LetSymbol() | ArgumentSymbol() | LoopSymbol():
            return _held(symbol, scope.home(symbol), span)
        case TierSymbol():
            return TierValue(name=symbol.name)
        case NetworkSymbol():
            return NetworkValue(name=symbol.name)
        case NativeSymbol():
            return NativeValue(name=symbol.name)
        case SecretSymbol():
            return Deferred(text=(SecretHole(secret=symbol.name),), type="secret")
        case ParamSymbol() if symbol.node.type.name == "image":
            return _held(symbol, scope.home(symbol), span)
        case ParamSymbol():
            return Deferred(text=(ParamHole(param=symbol.name),), type=symbol.node.type.name)
        case ImageSymbol():
            place = symbol.block.span
            return TemplateValue(file=symbol.file, block=symbol.block, arguments={}, places={}, span=place)
        case FileSymbol():
            return ModuleValue(name=symbol.file)
        case FunctionSymbol() | LostSymbol():
            raise EvaluationError(None)
        case _:
            assert_never(symbol)


def _held(symbol: LetSymbol | ArgumentSymbol | LoopSymbol | ParamSymbol, home: Scope, span: Span) -> Value:
    value = home.values.get(symbol, UNKNOWN)
    if isinstance(value, Lazy):
        value = _force(symbol, value, home, span)
    if isinstance(value, Unknown):
        raise EvaluationError(value.why)
    touched = home.touched.get(symbol)
    if touched:
        home.context.steps(len(touched) // 4, span)
        home.context.touch(touched)
    return value


def _force(symbol: Symbol, lazy: Lazy, home: Scope, span: Span) -> Value | Unknown:
    """The value of a `let` that is needed for the first time, or why it has none."""
    context = home.context
    if symbol in home.busy:
        raise EvaluationError(lower.LetCycle(span=span, name=symbol.name))
    home.busy.add(symbol)
    context.depth += 1
    value: Value | Unknown
    try:
        with context.recording() as touched:
            value = evaluate(lazy.expression, lazy.scope)
        home.touched[symbol] = touched
    except EvaluationError as wrong:
        value = Unknown(why=wrong.diagnostic)
    except RecursionError:
        if context.depth > 1:
            raise  # the `let` that was asked for first is the one to name
        raise invalid(span, f'"{symbol.name}" depends on too many others, each on the next') from None
    finally:
        context.depth -= 1
        home.busy.discard(symbol)
    home.values[symbol] = value
    return value


def evaluate_as(kind: str, node: Expression, scope: Scope, *, deploy: bool) -> Value:
    """The value of an expression as a type of the vocabulary needs it; a wrong item of a list is marked itself. Raises `EvaluationError`."""
    if isinstance(node, ListLiteral):
        for alternative in kind.split(" | "):
            if alternative.startswith("list("):
                return tuple(evaluate_as(alternative[5:-1], item, scope, deploy=deploy) for item in node.items)
    if kind == "name" and isinstance(node, Name):
        return node.text
    return coerce(evaluate(node, scope), kind, node.span, deploy=deploy)


def _string(node: String, scope: Scope) -> Value:
    parts = node.parts
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    texts: list[LateText] = []
    for part in parts:
        if isinstance(part, str):
            texts.append((part,))
            continue
        value = scope.context.passing(evaluate(part, scope), node.span)
        try:
            texts.append(as_text(value))
        except ValueError:
            raise EvaluationError(_wrong("a string, number or bool", value, part)) from None
    try:
        return from_text(concat(*texts))
    except ValueError as error:
        raise invalid(node.span, str(error)) from None


def _wrong(expected: str, value: Value, node: Expression, hint: str = "") -> lower.WrongType:
    return lower.WrongType(span=node.span, expected=expected, actual=article(type_name(value)), hint=hint)


def _key(key: object, scope: Scope) -> str:
    if isinstance(key, String):
        return str(coerce(evaluate(key, scope), STRING, key.span))
    return key.text  # type: ignore[attr-defined, no-any-return]


def _map(node: MapLiteral, scope: Scope) -> Value:
    made: dict[str, Value] = {}
    for entry in node.entries:
        key = _key(entry.key, scope)
        if key in made:
            first = node.entries[list(made).index(key)]
            notes = (Note(span=first.key.span, text="set here first"),)
            raise EvaluationError(SettingTwice(span=entry.key.span, name=key, notes=notes))
        made[key] = evaluate(entry.value, scope)
    return scope.context.passing(made, node.span)  # type: ignore[no-any-return]


def _range(node: RangeLiteral, scope: Scope) -> Range:
    low = coerce(evaluate(node.low, scope), INT, node.low.span)
    high = coerce(evaluate(node.high, scope), INT, node.high.span)
    assert isinstance(low, int) and isinstance(high, int)
    if low > high:
        raise invalid(
            node.span, f"a range goes from low to high, but {low} is more than {high}", f"did you mean {high}..{low}?"
        )
    return Range(low=low, high=high)


def loop_scope(variable: Identifier, item: Value, scope: Scope) -> Scope:
    """The scope inside a loop."""
    symbol = scope.lowering.bindings.get(variable)
    assert symbol is not None
    return Scope(scope.lowering, scope, {symbol: item})


def _comprehend(node: Comprehension, scope: Scope) -> Iterator[Value]:
    weight = scope.context.weight(node)
    for item in items(evaluate(node.iterable, scope), node.iterable.span):
        scope.context.steps(weight, node.span)
        inner = loop_scope(node.variable, item, scope)
        if node.condition is None or coerce(evaluate(node.condition, inner), BOOL, node.condition.span):
            yield evaluate(node.element, inner)


def _attribute(node: Attribute, scope: Scope) -> Value:
    symbol = scope.lowering.bindings.get(node)
    if symbol is not None:
        return value_of(symbol, scope, node.name.span)
    target = evaluate(node.target, scope)
    if isinstance(target, ModuleValue):
        return _member(target, node.name, scope)
    if isinstance(target, dict):
        if node.name.text in target:
            entry: Value = target[node.name.text]
            return entry
        hint = did_you_mean(node.name.text, target)
        raise EvaluationError(
            resolve.UnknownMember(span=node.name.span, what="the map", name=node.name.text, hint=hint)
        )
    if isinstance(target, NativeValue):
        return scope.lowering.natives.attribute(target.name, node.name.text, node.name.span)
    return scope.lowering.tiers.attribute(target, node.name.text, node.name.span)


def _member(target: ModuleValue, name: Identifier, scope: Scope) -> Value:
    """What an imported file declares, where its alias is itself a value: `let i = images`."""
    names = scope.lowering.bindings.files.get(target.name)
    symbol = None if names is None else names.find(name.text)
    if symbol is None:
        hint = "" if names is None else did_you_mean(name.text, names.declared)
        raise EvaluationError(resolve.UnknownMember(span=name.span, what=f'"{target.name}"', name=name.text, hint=hint))
    return value_of(symbol, scope, name.span)


def _index(node: Index, scope: Scope) -> Value:
    target = evaluate(node.target, scope)
    if isinstance(target, dict):
        key = coerce(evaluate(node.index, scope), STRING, node.index.span)
        if key not in target:
            hint = did_you_mean(str(key), target)
            raise EvaluationError(resolve.UnknownMember(span=node.index.span, what="the map", name=str(key), hint=hint))
        found: Value = target[str(key)]
        return found
    index = coerce(evaluate(node.index, scope), INT, node.index.span)
    assert isinstance(index, int)
    if isinstance(target, TierValue):
        return scope.lowering.tiers.member_of(target.name, index, node.index.span)
    listed = target if isinstance(target, tuple) else tuple(items(target, node.target.span))
    if not 0 <= index < len(listed):
        raise invalid(node.index.span, f"the list has {len(listed)} items, numbered from 0")
    return listed[index]


def _unary(node: Unary, scope: Scope) -> Value:
    value = evaluate(node.operand, scope)
    if node.operator == "not":
        return not coerce(value, BOOL, node.operand.span)
    value = coerce(value, NUMERIC, node.operand.span)
    return -value  # type: ignore[operator]


def _binary(node: Binary, scope: Scope) -> Value:
    left = evaluate(node.left, scope)
    if node.operator in ("and", "or"):
        coerce(left, BOOL, node.left.span)
        if bool(left) == (node.operator == "or"):
            return left
        return coerce(evaluate(node.right, scope), BOOL, node.right.span)
    right = evaluate(node.right, scope)
    for side, value in ((node.left, left), (node.right, right)):
        if isinstance(value, Deferred) and not (node.operator == "+" and (is_text(left) or is_text(right))):
            raise EvaluationError(lower.DeployTime(span=side.span, what=origin(value)))
        inside = unknown(value) if _compares(node.operator, right) else None
        if inside is not None:
            raise EvaluationError(lower.DeployTime(span=side.span, what=origin(inside)))
    for value in (left, right):
        scope.context.passing(value, node.span)
    try:
        return compute(node.operator, left, right)
    except TypeError:
        problem = mixed(node.operator, type_name(left), type_name(right))
        raise invalid(node.span, problem) from None
    except ValueError as error:
        raise invalid(node.span, f'"{node.operator}": {error}') from None


def _compares(operator: str, right: Value) -> bool:
    """Whether an operator looks at what is inside its sides; a map is asked for its keys only."""
    return operator in ("==", "!=") or (operator == "in" and not isinstance(right, dict))


def _call(node: Call, scope: Scope) -> Value:
    symbol = scope.lowering.bindings.get(node.function)
    if isinstance(symbol, FunctionSymbol):
        return _function(symbol.name, node, scope)
    target = evaluate(node.function, scope)
    if not isinstance(target, TemplateValue):
        raise EvaluationError(_wrong("a function or an image template", target, node.function))
    if not isinstance(symbol, ImageSymbol):  # otherwise the arguments were judged with the types
        for diagnostic in wrong_call(target.block, node):
            raise EvaluationError(diagnostic)
    named = [(argument.name.text, argument.value) for argument in node.arguments if argument.name is not None]
    return TemplateValue(
        file=target.file,
        block=target.block,
        arguments={name: evaluate(value, scope) for name, value in named},
        places={name: value.span for name, value in named},
        span=node.span,
    )


def _function(name: str, node: Call, scope: Scope) -> Value:
    arguments = [evaluate(argument.value, scope) for argument in node.arguments]
    if name == "tier":
        return scope.lowering.tiers.named(str(_fitting(name, ("string",), node, arguments)[0]), node.span)
    kinds = FUNCTIONS[name].parameters
    kinds += kinds[-1:] * (len(arguments) - len(kinds))
    checked = _fitting(name, kinds, node, arguments)
    if name in ("file", "template"):
        return _read(name, checked, node.span, scope)
    for argument, value in zip(node.arguments, checked, strict=True):
        wrong = check(value, FUNCTIONS[name].form, argument.value.span) if isinstance(value, str) else None
        if wrong is not None:
            raise EvaluationError(wrong)
    scope.context.steps(COSTS.get(name, COST), node.span)
    for value in checked:
        scope.context.passing(value, node.span)
    try:
        return scope.context.passing(TABLE[name](*checked), node.span)  # type: ignore[no-any-return]
    except ValueError as error:
        problem, *hint = error.args or ("",)
        raise invalid(node.span, f"{name}: {problem}", *hint) from None


def _read(name: str, arguments: list[Value], span: Span, scope: Scope) -> Value:
    """`file(path)` and `template(path, map)`."""
    source = scope.lowering.sources.text(str(arguments[0]), span)
    if name == "file":
        return source.text
    variables = arguments[1]
    assert isinstance(variables, dict)
    return from_text(scope.lowering.templates.render(source, variables, scope.lowering.tiers))


def _fitting(name: str, kinds: tuple[str, ...], node: Call, arguments: list[Value]) -> list[Value]:
    given = zip(arguments, kinds, node.arguments, strict=False)
    return [
        coerce(
            value,
            kind,
            argument.value.span,
            deploy=name in DEFERRED_ALLOWED and (position > 0 or name not in KNOWN_FIRST),
        )
        for position, (value, kind, argument) in enumerate(given)
    ]
