"""What is asked for at deployment, with what its values must be; and images that are chosen when compiling."""

from __future__ import annotations

from bpc.language.coerce import EvaluationError, coerce, invalid
from bpc.lower.evaluate import evaluate
from bpc.model.solution import Param
from bpc.model.values import ALLOWED, ALLOWED_IN_WORDS
from bpc.syntax.tree import Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from bpc.language.values import Value
    from bpc.lower.block_reader import BlockReader
    from bpc.lower.scope import Scope
    from bpc.source import Span
    from bpc.syntax.tree import Expression


def params(body: BlockReader, settings: Mapping[str, Expression]) -> list[Param]:
    """What is asked for at deployment; `settings` are other defaults, by name. An image is none of it: it is known by now."""
    made = []
    for statement, scope in body.rest:
        if not isinstance(statement, Parameter):
            continue
        default = settings.get(statement.name.text, statement.default)
        value = _value(statement, default, scope)
        if statement.type.name == "image":
            _image(statement, value, default, scope)
            continue
        constraints = None
        if statement.body:
            from bpc.lower.constraints import constraints_of

            constraints = constraints_of(statement, value, default, scope)
        made.append(
            Param(
                name=statement.name.text,
                type=statement.type.name,  # type: ignore[arg-type]
                default=value,  # type: ignore[arg-type]
                doc=statement.doc,
                span=statement.name.span,
                constraints=constraints,
            )
        )
    return made


def _value(statement: Parameter, default: Expression | None, scope: Scope) -> Value | None:
    """The value that stands for one that nobody gives; None where there is none, or a wrong one, which is reported."""
    if default is None:
        return None
    try:
        value = coerce(evaluate(default, scope), statement.type.name, default.span)
        if isinstance(value, str) and not value.isprintable():
            _check_characters(value, default.span)
    except EvaluationError as wrong:
        scope.context.fail(wrong)
        return None
    return value


def _check_characters(value: str, span: Span) -> None:
    """A default is held to what a value at deployment is. Raises `EvaluationError`."""
    import re

    allowed = len(re.match(ALLOWED, value)[0])  # type: ignore[index]
    if allowed < len(value):
        problem = f"the value of a param may have {ALLOWED_IN_WORDS}: found U+{ord(value[allowed]):04X}"
        raise invalid(span, problem)


def _image(statement: Parameter, value: Value | None, default: Expression | None, scope: Scope) -> None:
    """An image must be known, and be one of those that are allowed."""
    if default is None:
        from bpc.diagnostics.constraints import NoImage

        scope.context.report(NoImage(span=statement.name.span, name=statement.name.text))
    elif statement.body:
        from bpc.lower.constraints import check_image

        check_image(statement, value, default, scope)
