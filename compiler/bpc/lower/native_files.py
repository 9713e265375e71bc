"""Files in a cloud's own terms: YAML or JSON as that cloud's templates are written, its sections by one name for all clouds."""

from __future__ import annotations

import re

from bpc.diagnostics import native
from bpc.diagnostics.base import did_you_mean
from bpc.fragments import VARIABLE
from bpc.language.coerce import EvaluationError
from bpc.record import Record
from bpc.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from bpc.lower.context import Context
    from bpc.source import Source

    Json = dict[str, Any]

SHORT = {"Ref": "Ref", "Condition": "Condition", "GetAtt": "Fn::GetAtt"}
"""Tags of CloudFormation's YAML that are no `Fn::NAME`, or whose value is written another way."""
KNOWN = ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
"""Kinds of nodes of plain YAML."""
DEEPEST = 60
"""Levels of a file, one inside the next."""


class Terms(Record):
    """A cloud's words: sections that a file of a `native` has, those that are allowed and say nothing, and where a value stands."""

    resources: str
    parameters: str
    outputs: str
    properties: str
    type: str
    depends_on: str
    prose: tuple[str, ...]
    value: str
    default: str


CLOUDS = {
    "heat": Terms(
        resources="resources",
        parameters="parameters",
        outputs="outputs",
        properties="properties",
        type="type",
        depends_on="depends_on",
        prose=("heat_template_version", "description", "parameter_groups"),
        value="value",
        default="default",
    ),
    "cloudformation": Terms(
        resources="Resources",
        parameters="Parameters",
        outputs="Outputs",
        properties="Properties",
        type="Type",
        depends_on="DependsOn",
        prose=("AWSTemplateFormatVersion", "Description", "Metadata"),
        value="Value",
        default="Default",
    ),
}


def read(source: Source, context: Context) -> Json:
    """The map that a file is. Raises `EvaluationError` with the place in the file where it is none."""
    import yaml

    whole = Span(source, 0, len(source.text.partition("\n")[0]))
    context.steps(len(source.text), whole)
    try:
        made = _Reader(source, context).whole(yaml.compose(source.text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = whole if mark is None else Span(source, mark.index, mark.index)
        raise EvaluationError(native.BadNative(span=at, problem=error.problem or "this is not YAML")) from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise EvaluationError(native.BadNative(span=whole, problem="this is not YAML")) from None
    return made


class _Reader:
    """YAML's nodes as plain values, each where it stands: a name twice or a value of another kind is reported there."""

    def __init__(self, source: Source, context: Context) -> None:
        import yaml

        self.source, self.context = source, context
        self.scalars = yaml.SafeLoader("")

    def whole(self, node: Any) -> Json:
        made = None if node is None else self.value(node, 0)
        if not isinstance(made, dict):
            raise self.wrong(node, "expected a map of sections")
        return made

    def wrong(self, node: Any, problem: str) -> EvaluationError:
        start, end = (0, 0) if node is None else (node.start_mark.index, node.start_mark.index)
        return EvaluationError(native.BadNative(span=Span(self.source, start, end), problem=problem))

    def value(self, node: Any, depth: int) -> Any:
        import yaml

        self.context.steps(1, Span(self.source, node.start_mark.index, node.start_mark.index))
        if depth > DEEPEST:
            raise self.wrong(node, f"it is nested more than {DEEPEST} levels deep")
        made: Any
        if isinstance(node, yaml.MappingNode):
            made = self.map(node, depth)
        elif isinstance(node, yaml.SequenceNode):
            made = [self.value(item, depth + 1) for item in node.value]
        else:
            made = self.scalar(node)
        tag = str(node.tag)
        if tag.startswith("!"):
            return self.function(node, tag[1:], made)
        if tag.rpartition(":")[2] not in KNOWN:
            raise self.wrong(node, f"the tag {tag} is not known")
        return made

    def map(self, node: Any, depth: int) -> Json:
        made: Json = {}
        for key, item in node.value:
            if not key.tag.endswith((":str", ":int")):
                raise self.wrong(key, "expected a name")
            if key.value in made:
                raise self.wrong(key, f'"{key.value}" is written twice')
            made[key.value] = self.value(item, depth + 1)
        return made

    def scalar(self, node: Any) -> Any:
        """A date stays the text that it is written as: template versions and policies have some."""
        kind = node.tag.rpartition(":")[2]
        if kind in ("bool", "int", "float", "null"):
            made = self.scalars.construct_object(node)
            if made != made or made in (float("inf"), -float("inf")):
                raise self.wrong(node, "expected a finite number")
            return made
        return node.value

    def function(self, node: Any, name: str, value: Any) -> Json:
        """`!Ref x` and the like, as CloudFormation writes them at length."""
        if not re.fullmatch("[A-Za-z0-9]+", name):
            raise self.wrong(node, f"the tag !{name} is not known")
        if name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {SHORT.get(name, f"Fn::{name}"): value}


def sections(given: Json, cloud: str, known: Iterable[str], source: Source) -> None:
    """Reports a section that would be dropped. Raises `EvaluationError`."""
    terms = CLOUDS[cloud]
    allowed = (*known, *terms.prose)
    for name, value in given.items():
        if name not in allowed:
            hint = did_you_mean(name, allowed) or f"it may have {', '.join(known)}"
            raise EvaluationError(
                native.BadNative(span=place(source, name), problem=f'the section "{name}" would be lost', hint=hint)
            )
        if name in known and not isinstance(value, dict):
            raise EvaluationError(native.BadNative(span=place(source, name), problem=f'"{name}" must be a map'))


def place(source: Source, name: str, section: str = "") -> Span:
    """Where a name first stands as a key, of what follows a section, or the file's beginning."""
    start = place(source, section).start if section else 0
    key = re.compile(rf"(?m)(?:^|[{{,])[\s\"']*({re.escape(name)})[\"']?\s*:")
    found = key.search(source.text, start)
    return Span(source, *found.span(1)) if found else Span(source, 0, 0)


def definition_problem(cloud: str, made: Any) -> str:
    """What is wrong with the definition of a resource; nothing where it has the shape that its cloud gives it."""
    terms = CLOUDS[cloud]
    if not isinstance(made, dict) or not isinstance(made.get(terms.type), str):
        return f"has no {terms.type}"
    if not isinstance(made.get(terms.properties, {}), dict):
        return f"has {terms.properties} that are not a map"
    needed = made.get(terms.depends_on, [])
    if not isinstance(needed, str) and not (isinstance(needed, list) and all(isinstance(n, str) for n in needed)):
        return f"has a {terms.depends_on} that is neither a name nor a list of names"
    return function_problem(made)


def function_problem(value: Any) -> str:
    """The first of a cloud's functions that is not given what it takes; nothing where there is none."""
    if isinstance(value, list):
        return next(filter(None, map(function_problem, value)), "")
    if not isinstance(value, dict):
        return ""
    if len(value) == 1:
        [(key, item)] = value.items()
        if not _fits(key, item):
            return f"has a {key} that does not say what it is of"
    return next(filter(None, map(function_problem, value.values())), "")


def _fits(key: str, item: Any) -> bool:
    """Whether a function that refers to something says by name to what."""
    match key:
        case "get_resource" | "Ref":
            return isinstance(item, str)
        case "get_param":
            return isinstance(item, str) or _names(item, 1)
        case "get_attr" | "if" | "Fn::If":
            return _names(item, 1)
        case "Fn::GetAtt":
            return ("." in item) if isinstance(item, str) else _names(item, 2)
        case "Fn::Sub":
            return isinstance(item, str) or (_names(item, 2) and len(item) == 2 and isinstance(item[1], dict))
        case _:
            return True


def _names(item: Any, least: int) -> bool:
    return isinstance(item, list) and len(item) >= least and isinstance(item[0], str)


def asked(cloud: str, value: Any) -> Iterator[str]:
    """The names that stand where a template of that cloud names a parameter; of CloudFormation, resources are among them."""
    if isinstance(value, list):
        for item in value:
            yield from asked(cloud, item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _named(cloud, key, item)
            yield from asked(cloud, item)


def _named(cloud: str, key: str, item: Any) -> Iterator[str]:
    if cloud == "heat" and key == "get_param":
        yield str(item[0] if isinstance(item, list) and item else item)
    elif cloud == "cloudformation" and key == "Ref":
        yield str(item)
    elif cloud == "cloudformation" and key == "Fn::Sub":
        text = item[0] if isinstance(item, list) and item else item
        yield from (name.partition(".")[0] for name in VARIABLE.findall(str(text)))
