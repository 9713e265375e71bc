"""Jinja's environment for templates with deploy-time values: every operator, filter, test, call and output goes by here.

Whatever is not known to be right and bounded is refused: methods and functions are listed, filters and tests are wrapped.
A text that holds a deploy-time value is a `Held`, made by `glued` alone, so that no characters stand for it.
"""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator
from jinja2.runtime import BlockReference, LoopContext, Macro, TemplateReference, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from bpc.language.functions import LONGEST
from bpc.language.values import Deferred
from bpc.lower.budget import Budget
from bpc.lower.jinja_filters import EACH, filters, tests
from bpc.lower.jinja_methods import METHODS, Method
from bpc.lower.shown import Fields, Held, Opaque
from bpc.model.values import concat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bpc.language.values import LateText

CALL = 20
"""Steps of a call."""
GREATEST = 10**30
"""Numbers beyond are refused, as in the language."""
LOOP = frozenset(
    [
        "index",
        "index0",
        "first",
        "last",
        "length",
        "revindex",
        "revindex0",
        "previtem",
        "nextitem",
        "depth",
        "depth0",
        "cycle",
        "changed",
    ]
)
SHOWN: tuple[tuple[type, frozenset[str]], ...] = (
    (LoopContext, LOOP),
    (Cycler, frozenset(["next", "reset", "current"])),
    (Macro, frozenset(["name", "arguments"])),
    (BlockReference, frozenset(["super"])),
)
"""The attributes of Jinja's own objects."""


class Careful(CodeGenerator):
    """Writes code that hands each output, text, comparison and collection to the environment."""

    def _make_finalize(self) -> CodeGenerator._FinalizeInfo:
        return self._FinalizeInfo(None, None)

    def _output_child_pre(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        self.write("environment.shown(")

    def _output_child_post(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        self.write(")")

    def visit_Concat(self, node: nodes.Concat, frame: Any) -> None:
        self.write("environment.tied((")
        for item in node.nodes:
            self.visit(item, frame)
            self.write(", ")
        self.write("))")

    def visit_Compare(self, node: nodes.Compare, frame: Any) -> None:
        self.write("environment.compared(")
        self.visit(node.expr, frame)
        for operand in node.ops:
            self.write(f", ({operand.op!r}, ")
            self.visit(operand.expr, frame)
            self.write(")")
        self.write(")")

    def visit_Getitem(self, node: nodes.Getitem, frame: Any) -> None:
        if not isinstance(node.arg, nodes.Slice):
            super().visit_Getitem(node, frame)
            return
        self.write("environment.cut(")
        self.visit(node.node, frame)
        for end in (node.arg.start, node.arg.stop, node.arg.step):
            self.write(", ")
            if end is None:
                self.write("None")
            else:
                self.visit(end, frame)
        self.write(")")

    def visit_List(self, node: nodes.List, frame: Any) -> None:
        self.write("environment.made(")
        super().visit_List(node, frame)
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Any) -> None:
        self.write("environment.made(")
        super().visit_Dict(node, frame)
        self.write(")")

    def visit_Tuple(self, node: nodes.Tuple, frame: Any) -> None:
        if node.ctx != "load":
            super().visit_Tuple(node, frame)
            return
        self.write("environment.made(")
        super().visit_Tuple(node, frame)
        self.write(")")


class Bounded(ImmutableSandboxedEnvironment):
    """One compilation's environment: it draws on the compilation's budget."""

    code_generator_class = Careful
    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%", "**"])
    intercepted_unops = frozenset(["+", "-"])

    def __init__(self, budget: Budget) -> None:
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False, optimized=False)
        self.budget = budget
        self.concat = self.glued  # type: ignore[method-assign]
        self.filters = filters(self)
        self.tests = tests(self)  # type: ignore[assignment]
        self.globals = {
            "range": self.numbers,
            "dict": self.entries,
            "cycler": Cycler,
            "joiner": Joiner,
            "namespace": Namespace,
        }

    def rendered(self, template: Any, values: dict[str, Any]) -> LateText:
        """The text of a template with its values."""
        made = self.glued(template.generate(values))
        return made.deferred.text if isinstance(made, Held) else (made,) if made else ()

    # ---- what is written

    def shown(self, value: Any) -> str | Held:
        """A value as it is written. Raises for what has no text of its own, or another one each time."""
        if isinstance(value, Held):
            return value
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, bool | int | float):
            return str(value)
        if isinstance(value, Opaque):
            value._decide()
        if isinstance(value, Undefined):
            str(value)  # raises with the name
        raise ValueError(f"only a text, a number or a bool can be written, and this is {_kind(value)}")

    def glued(self, parts: Iterable[str | Held]) -> Any:
        """Pieces of output as one text: a plain one where nothing in it is known only when the stack runs."""
        pieces: list[str | Held] = []
        for part in parts:
            if isinstance(part, str):
                self.budget.text(part)
            pieces.append(part)
            self.budget.steps(1)
        if all(isinstance(piece, str) for piece in pieces):
            return "".join(pieces)  # type: ignore[arg-type]
        text: LateText = concat(*(piece.deferred.text if isinstance(piece, Held) else (piece,) for piece in pieces))
        self.budget.steps(len(text))
        return Held(Deferred(text=text, type="string"))

    def tied(self, values: tuple[Any, ...]) -> Any:
        """`~`: values as they would be written, one behind the other."""
        return self.glued([self.shown(value) for value in values])

    # ---- operators

    def made(self, value: Any) -> Any:
        """A list or map that was just made."""
        self.budget.value(value)
        return value

    def compared(self, left: Any, *operands: tuple[str, Any]) -> bool:
        for operator, right in operands:
            for side in (left, right):
                if isinstance(side, Undefined):
                    str(side)
                if isinstance(side, Opaque):
                    side._decide()
                self.budget.value(side)
            if not OPERATORS[operator](left, right):
                return False
            left = right
        return True

    def call_unop(self, context: Any, operator: str, arg: Any) -> Any:
        return self.call_binop(context, "*", arg, -1 if operator == "-" else 1)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        for side in (left, right):
            if isinstance(side, Opaque):
                side._decide()
            if isinstance(side, Undefined):
                str(side)  # raises with the name
        if operator == "+":
            for kind in (str, list, tuple):
                if isinstance(left, kind) and isinstance(right, kind):
                    return self._joined(left, right)
        if operator == "**" or not all(isinstance(side, int | float) for side in (left, right)):
            raise ValueError(f'"{operator}" works on numbers only, and "**" not at all')
        if any(abs(side) > GREATEST for side in (left, right)):
            raise ValueError("the numbers are too large")
        return super().call_binop(context, operator, left, right)

    def _joined(self, left: Any, right: Any) -> Any:
        if isinstance(left, str):
            self.budget.text(left)
            self.budget.text(right)
            return str.__add__(left, right)
        return self.made([*left, *right])

    def cut(self, value: Any, start: Any, stop: Any, step: Any) -> Any:
        """`value[start:stop:step]`."""
        if isinstance(value, Opaque):
            value._decide()
        if isinstance(value, Undefined):
            str(value)
        self.budget.value(value)
        return value[start:stop:step]

    # ---- attributes and calls

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Fields):
            return obj.field(attribute)
        if isinstance(obj, Opaque):
            obj._decide()
        if isinstance(obj, Undefined):
            str(obj)  # raises with the name
        for kind, names in METHODS.items():
            if isinstance(obj, kind) and attribute in names:
                return Method(obj, attribute)
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, Namespace) and not attribute.startswith("_"):
            return getattr(obj, attribute, self.undefined(obj=obj, name=attribute))
        if attribute in getattr(type(obj), "_fields", ()) or any(
            isinstance(obj, kind) and attribute in names for kind, names in SHOWN
        ):
            return getattr(obj, attribute)
        if isinstance(obj, TemplateReference):
            return obj[attribute]
        return self._missing(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Fields) and isinstance(argument, str):
            return obj.field(argument)
        for side in (obj, argument):
            if isinstance(side, Opaque):
                side._decide()
            if isinstance(side, Undefined):
                str(side)
        if isinstance(obj, str | list | tuple | dict):
            try:
                return obj[argument]
            except (TypeError, LookupError):
                pass
        return self.getattr(obj, argument) if isinstance(argument, str) else self.undefined(obj=obj, name=argument)

    def _missing(self, obj: Any, attribute: str) -> Any:
        """As Jinja says it: unsafe where Python would have it, undefined otherwise."""
        if attribute.startswith("_"):
            return self.unsafe_undefined(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Calls what a template may call: macros, blocks, listed methods and functions."""
        if isinstance(__obj, Undefined):
            str(__obj)  # raises with the name
        __self.budget.steps(CALL)
        if isinstance(__obj, Method):
            return __obj.called(
                __self, args, {k: v for k, v in kwargs.items() if k not in ("_loop_vars", "_block_vars")}
            )
        if isinstance(__obj, LoopContext):
            return __context.call(__obj, __self.each(*args), **kwargs)
        if isinstance(__obj, Macro | BlockReference | Joiner) or __obj in __self.globals.values() or _own(__obj):
            return __context.call(__obj, *args, **kwargs)
        raise ValueError(f"{_kind(__obj)} cannot be called")

    def each(self, value: Any, cost: int = 1) -> Any:
        """The items of a loop, each with what it costs to go through the loop's body."""
        for item in value:
            self.budget.steps(cost)
            yield item

    def numbers(self, *args: int) -> list[int]:
        found = range(*args)
        if len(found) > LONGEST:
            raise ValueError("the range is too long")
        self.budget.steps(len(found))
        return list(found)

    def entries(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        for one in args:
            self.budget.value(one)
        return self.made(dict(*args, **kwargs))  # type: ignore[no-any-return]

    # ---- what a template is made of

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        self.budget.text(source)
        tree = super()._parse(source, name, filename)
        for node in tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock, nodes.Block, nodes.EvalContextModifier)):
            if isinstance(node, nodes.EvalContextModifier):
                raise TemplateSyntaxError(
                    "texts are never escaped by themselves here: there is no autoescape", node.lineno
                )
            cost = nodes.Const(sum(1 for _ in node.find_all(nodes.Node)), lineno=node.lineno)
            if isinstance(node, nodes.For):
                node.iter = nodes.Filter(node.iter, EACH, [cost], [], None, None, lineno=node.lineno)
            else:
                charge = nodes.Filter(cost, EACH, [], [], None, None, lineno=node.lineno)
                node.body.insert(0, nodes.ExprStmt(charge, lineno=node.lineno))  # type: ignore[attr-defined]
        return tree


def _own(called: Any) -> bool:
    """Whether it is a method of a loop or cycler that `getattr` has given."""
    return isinstance(getattr(called, "__self__", None), LoopContext | Cycler)


def _kind(value: object) -> str:
    if value is None:
        return "none"
    return "a list" if isinstance(value, list | tuple) else "a map" if isinstance(value, dict) else "something else"


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "lt": lambda left, right: left < right,
    "lteq": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gteq": lambda left, right: left >= right,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}
