"""The offline judge of a Heat stack: an output folder in, a list of problems out (empty: Heat would take it).

Three readers look at every stack of the tree, the nested ones too:

- the stock client (`heatclient`) reads the folder, so what `get_file` and nested types name must be there;
- Heat's engine validates each stack as it does before a create, with a cloud that has whatever is asked for (`engine.py`);
- `references.py` finds what the engine lets pass, because it notices only when the stack runs, or never.

The engine does not look at what a false condition disables, so each stack is judged once for every value of the parameters
that its conditions read. It does not check values inside nested stacks; here they are checked wherever they are known: not
where they depend on a resource that is not made yet, or on a parameter that the folder's environment leaves to the user.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from heat.common.exception import HeatException
from heat.engine import environment, function, properties, support
from heat.engine.resources import stack_resource, template_resource
from heat.engine.stack import Stack
from heat.engine.template import Template
from heatclient import exc
from heatclient.common import template_utils

from judges import engine, references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_TEMPLATE = 524_288  # Heat's defaults: bytes of one template,
MAX_BODY = 1_048_576  # bytes of a whole request,
MAX_RESOURCES = 1000  # resources of a stack with all that is nested in it
PLACEHOLDER = {"string": "", "number": 1, "json": {}, "comma_delimited_list": [], "boolean": False}
GONE = (support.HIDDEN, support.DEPRECATED, support.UNSUPPORTED)

ENGINE_ERRORS = (HeatException, ValueError, TypeError, KeyError)

Names = frozenset[str]
NONE: Names = frozenset()


def judge(folder: Path) -> list[str]:
    """All problems of `stack.yaml` with `environment.yaml` (where there is one) and all files that they name."""
    try:
        template, files, given = _as_the_client_reads(folder)
    except (exc.CommandError, OSError, ValueError) as error:
        return [f"files: {error}"]
    problems = list(_size_problems(template, files, given))
    try:
        problems += _root_problems(template, files, given)
    except ENGINE_ERRORS as error:
        problems.append(f"stack: {error}")
    return list(dict.fromkeys(problems))


def _as_the_client_reads(folder: Path) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
    files, template = template_utils.get_template_contents(template_file=str(folder / "stack.yaml"))
    paths = [str(path) for path in [folder / "environment.yaml"] if path.exists()]
    more, given = template_utils.process_multiple_environments_and_files(env_paths=paths)
    read = {name: text.decode() if isinstance(text, bytes) else text for name, text in {**files, **more}.items()}
    return template, read, given


def _size_problems(template: object, files: Mapping[str, str], given: object) -> Iterator[str]:
    body = len(json.dumps({"template": template, "files": files, "environment": given}))
    if body > MAX_BODY:
        yield f"size: a request of {body} bytes; Heat takes {MAX_BODY}"
    for name, text in [("stack.yaml", json.dumps(template)), *files.items()]:
        if len(text) > MAX_TEMPLATE:
            yield f"size: {name.rpartition('/')[2]} has {len(text)} bytes; Heat takes {MAX_TEMPLATE}"


def _root_problems(template: dict[str, Any], files: dict[str, str], given: dict[str, Any]) -> list[str]:
    context = engine.start()
    declared = template.get("parameters") or {}
    asked = {
        name: PLACEHOLDER.get(schema.get("type"), "")
        for name, schema in declared.items()
        if isinstance(schema, dict) and "default" not in schema and name not in given.get("parameters", {})
    }
    env = copy.deepcopy(given)
    env.setdefault("parameters", {}).update(asked)
    stack = Stack(context, "judged", Template(template, files=files, env=environment.Environment(env)))
    problems = list(_problems(stack, "", frozenset(asked)))
    if not problems and (total := _size(stack)) > MAX_RESOURCES:
        problems.append(f"size: {total} resources in all; Heat takes {MAX_RESOURCES}")
    return problems


def _problems(stack: Stack, where: str, unknown: Names, unknown_settings: Names = NONE) -> Iterator[str]:
    """Problems of a stack and of those nested in it.

    `where` is the way to it (`app/member/`), `unknown` its parameters without a known value, `unknown_settings` the
    properties without one: a group hands them to its members.
    """
    yield from (where + problem for problem in references.problems(stack.t, stack.parameters, unknown))
    for values in references.variants(stack.t.t):
        yield from _problems_with(values, stack, where, unknown - values.keys(), unknown_settings)


def _problems_with(
    values: Mapping[str, object], stack: Stack, where: str, unknown: Names, unknown_settings: Names
) -> Iterator[str]:
    """The same with some parameters set."""
    own = _with(values, stack)
    own.strict_validate = not unknown and not unknown_settings
    try:
        own.validate()
    except ENGINE_ERRORS as error:
        yield f"{where}{error}"
        return
    for name, resource in own.resources.items():
        for problem in _resource_problems(own, resource, unknown, unknown_settings):
            yield f"{where}{name}: {problem}"
        if isinstance(resource, stack_resource.StackResource):
            yield from _nested_problems(own, resource, f"{where}{name}/", unknown, unknown_settings)


def _with(values: Mapping[str, object], stack: Stack) -> Stack:
    return _rebuilt(stack, stack.t.t, {**stack.t.env.params, **values}) if values else stack


def _handing(settings: Names, group: Stack) -> Stack:
    """A group's stack in which the members have all these settings: the engine drops those without a value."""
    text = copy.deepcopy(group.t.t)
    for member in text["resources"].values():
        member["properties"] = dict.fromkeys(sorted(settings)) | member.get("properties", {})
    return _rebuilt(group, text, group.t.env.params)


def _rebuilt(stack: Stack, text: dict[str, Any], parameters: dict[str, object]) -> Stack:
    env = environment.get_child_environment(stack.t.env, parameters)
    template = Template(copy.deepcopy(text), files=stack.t.files, env=env)
    return Stack(stack.context, stack.name, template, nested_depth=stack.nested_depth)


def _resource_problems(stack: Stack, resource: Any, unknown: Names, unknown_settings: Names) -> Iterator[str]:
    if resource.support_status.status in GONE:
        yield f"{resource.type()} is {resource.support_status.status.lower()}"
    written = stack.t.t["resources"][resource.name].get("properties") or {}
    for key, value in resource.properties.data.items():
        schema = properties.Schema.from_legacy(resource.properties_schema[key])
        if schema.support_status.status in GONE:
            yield f"{key} is {schema.support_status.status.lower()}"
        if key not in unknown_settings and not references.parameters(written.get(key)) & unknown:
            yield from _value_problems(key, schema, value, stack.context)


def _value_problems(key: str, schema: Any, value: object, context: Any) -> Iterator[str]:
    alone = properties.Properties({key: schema}, {key: value}, function.resolve, context=context, section="properties")
    try:
        alone.validate()
    except ENGINE_ERRORS as error:
        yield str(error)


def _nested_problems(stack: Stack, resource: Any, where: str, unknown: Names, unknown_settings: Names) -> Iterator[str]:
    try:
        nested = resource.get_nested_parameters_stack()
    except ENGINE_ERRORS as error:
        yield f"{where}{error}"
        return
    if (key := _member_key(resource)) is None:
        yield from _problems(nested, where, _without_value(stack, resource, [], unknown) | unknown_settings)
        return
    handed = _without_value(stack, resource, [key, "properties"], unknown)
    nested = _handing(handed, nested)
    yield from _problems(nested, where, NONE, handed)
    member = next(iter(nested.resources.values()))
    for group, attribute in references.member_attributes(stack.t.t):
        if group == resource.name and attribute not in member.attributes_schema:
            yield f"{where}get_attr: members have no attribute {attribute!r}"


def _member_key(resource: Any) -> str | None:
    """The property with the definition of a group's members; None for a nested file."""
    if isinstance(resource, template_resource.TemplateResource):
        return None
    return "resource_def" if "resource_def" in resource.properties_schema else "resource"


def _without_value(stack: Stack, resource: Any, path: list[str], unknown: Names) -> Names:
    """The settings (at a path in the resource's properties) that depend on a resource or on an unknown parameter."""
    parsed, written = resource.properties.data, stack.t.t["resources"][resource.name].get("properties") or {}
    for step in path:
        parsed, written = parsed.get(step) or {}, written.get(step) or {}
    return frozenset(
        name
        for name, value in parsed.items()
        if list(function.dependencies(value)) or references.parameters(written.get(name)) & unknown
    )


def _size(stack: Stack) -> int:
    """How many resources Heat counts, with every group at its largest."""
    return sum(1 + _size_inside(resource) for resource in stack.resources.values())


def _size_inside(resource: Any) -> int:
    if not isinstance(resource, stack_resource.StackResource):
        return 0
    inside = _size(resource.get_nested_parameters_stack())
    match _member_key(resource):
        case "resource_def":
            return inside * int(resource.get_size())
        case "resource":
            return inside * int(resource.properties["max_size"])
        case _:
            return inside
