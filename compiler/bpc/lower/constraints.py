"""The constraints of a param: each as its type needs it, sound among themselves, and its default judged by them. Loaded where a param has any."""

from __future__ import annotations

from bpc.diagnostics.base import Note
from bpc.diagnostics.constraints import BadPattern, ConstraintBroken
from bpc.diagnostics.lower import BadValue
from bpc.language.coerce import EvaluationError, coerce
from bpc.language.patterns import PatternError, portable
from bpc.language.values import TemplateValue
from bpc.lower.block_reader import BlockReader
from bpc.lower.images import template_name
from bpc.model.constraints import broken, shown
from bpc.model.solution import Constraints
from bpc.record import replace
from bpc.syntax.tree import Block, label_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.language.values import Value
    from bpc.lower.scope import Scope
    from bpc.source import Span
    from bpc.syntax.tree import Expression, Parameter

ITEM = 10
"""Steps of judging one allowed value."""
BOUNDS = (("min", "max"), ("min_length", "max_length"))


def constraints_of(statement: Parameter, value: Value | None, default: Expression | None, scope: Scope) -> Constraints:
    """What a param's value must be; what is wrong with the constraints, or with the default, is reported."""
    reader = _Reader(statement, scope)
    asked = reader.read()
    if reader.whole and value is not None and default is not None:
        reader.judge(value, default.span, asked)
    return asked


def check_image(statement: Parameter, value: Value | None, default: Expression, scope: Scope) -> None:
    """Reports an image that is none of those that are allowed."""
    reader = _Reader(statement, scope)
    allowed = reader.allowed()
    if not reader.whole or not isinstance(value, TemplateValue):
        return
    if reader.body.has("allowed") and not any(_same(value, other) for other in allowed):
        names = [template_name(other) for other in allowed]
        expected = " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        reader.report("allowed", expected, template_name(value), default.span)


def _same(one: TemplateValue, other: object) -> bool:
    """Whether both are one template; what it is handed does not matter."""
    return isinstance(other, TemplateValue) and one.block is other.block


class _Reader:
    """The constraints of one param. `whole`: none of them has a mistake."""

    def __init__(self, statement: Parameter, scope: Scope) -> None:
        self.statement, self.context = statement, scope.context
        self.kind = statement.type.name
        block = Block(span=statement.span, keyword="param", label=statement.name, body=statement.body)
        self.before = self.context.failures
        self.body = BlockReader(block, scope)

    @property
    def whole(self) -> bool:
        return self.body.whole and self.context.failures == self.before

    def read(self) -> Constraints:
        made = Constraints(
            least=self.bound("min"),
            most=self.bound("max"),
            shortest=self.body.value("min_length") if self.body.has("min_length") else None,
            longest=self.body.value("max_length") if self.body.has("max_length") else None,
            pattern=self.pattern(),
            message=self.body.value("message"),
        )
        for (low, high), least, most in zip(
            BOUNDS, (made.least, made.shortest), (made.most, made.longest), strict=True
        ):
            if least is not None and most is not None and least > most:
                kind = self.kind if low == "min" else "int"
                problem = f"`{high}` must be at least {shown(least, kind)}, which is `{low}`, not {shown(most, kind)}"
                self.context.report(BadValue(span=self.body.where(high), problem=problem))
        allowed = self.allowed()
        for index, value in enumerate(allowed if self.whole else ()):
            self.judge(value, self.body.where_item("allowed", index), made)
        return replace(made, allowed=tuple(dict.fromkeys(allowed)))

    def typed(self, value: Value, span: Span) -> Any:
        """A value as the param's type needs it, or None with a report."""
        try:
            return coerce(value, self.kind, span)
        except EvaluationError as wrong:
            self.context.fail(wrong)
            return None

    def bound(self, name: str) -> int | float | None:
        said = self.body.value(name) if self.body.has(name) else None
        made: int | float | None = None if said is None else self.typed(said, self.body.where(name))
        return made

    def allowed(self) -> tuple[Any, ...]:
        if not self.body.has("allowed"):
            return ()
        failures = self.context.failures
        listed = self.body.value("allowed") or ()
        self.context.steps(ITEM * len(listed), self.body.where("allowed"))
        made = tuple(self.typed(value, self.body.where_item("allowed", index)) for index, value in enumerate(listed))
        if not made and self.context.failures == failures:
            self.context.report(BadValue(span=self.body.where("allowed"), problem="`allowed` must have a value"))
        return made

    def pattern(self) -> str:
        text = self.body.value("pattern")
        if not self.body.has("pattern") or self.context.failures > self.before:
            return ""
        try:
            made = portable(text)
        except PatternError as wrong:
            self.context.report(BadPattern(span=self.body.where("pattern"), problem=wrong.problem, hint=wrong.hint))
            return ""
        self.context.steps(made.steps, self.body.where("pattern"))
        return made.text

    # ---- judged

    def judge(self, value: Any, span: Span, asked: Constraints) -> None:
        """Reports a value that is not what is asked for."""
        self.context.steps(ITEM * (1 + len(asked.allowed)), span)
        self.context.room(len(value) if isinstance(value, str) else 0, span)
        found = broken(value, self.kind, asked)
        if found is not None:
            self.report(*found, span)

    def report(self, name: str, expected: str, found: str, span: Span) -> None:
        notes = (Note(span=self.body.where(name), text="asked for here"),)
        hint = self.body.value("message")
        name = label_text(self.body.block)
        self.context.report(
            ConstraintBroken(span=span, name=name, expected=expected, found=found, hint=hint, notes=notes)
        )
