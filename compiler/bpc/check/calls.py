"""What is wrong with the arguments of a call, whichever stage knows what is called."""

from __future__ import annotations

from bpc.diagnostics.base import did_you_mean
from bpc.diagnostics.lower import WrongArguments
from bpc.syntax.tree import Parameter, label_text, type_text
from bpc.vocabulary import FUNCTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.source import Span
    from bpc.syntax.tree import Block, Call

MOST = 10_000
"""Arguments of a function that takes any number."""


def parameters(template: Block) -> dict[str, Parameter]:
    """The parameters of an image template by name."""
    return {s.name.text: s for s in template.body if isinstance(s, Parameter)}


def wrong_call(template: Block, node: Call) -> Iterator[WrongArguments]:
    """Of a call of an image template: arguments without a name, those for which there is no parameter, those that are missing."""
    name, known, given = label_text(template), parameters(template), set()
    for argument in node.arguments:
        if argument.name is None:
            yield WrongArguments(span=argument.span, name=name, problem="takes its arguments by name")
            continue
        given.add(argument.name.text)
        if argument.name.text not in known:
            hint = did_you_mean(argument.name.text, known)
            yield WrongArguments(span=node.span, name=name, problem=f'has no param "{argument.name.text}"', hint=hint)
    yield from missing(template, given, node.span)


def missing(template: Block, given: set[str], span: Span) -> Iterator[WrongArguments]:
    """The parameters without a default that are not given."""
    for name, param in parameters(template).items():
        if param.default is None and name not in given:
            problem = f'needs an argument "{name}" ({type_text(param.type)})'
            yield WrongArguments(span=span, name=label_text(template), problem=problem)


def wrong_function_call(name: str, node: Call) -> Iterator[WrongArguments]:
    """Of a call of a function: arguments by name, and a wrong number of them."""
    for argument in node.arguments:
        if argument.name is not None:
            problem = f'takes no argument by name ("{argument.name.text}")'
            yield WrongArguments(span=argument.span, name=name, problem=problem)
    signature, given = FUNCTIONS.get(name), len(node.arguments)
    least, most = (1, 1) if signature is None else (signature.required, len(signature.parameters))
    if not least <= given <= (MOST if signature is not None and signature.variadic else most):
        problem = f"takes {least} argument{'s' * (least != 1)}, and is given {given}"
        yield WrongArguments(span=node.span, name=name, problem=problem)
