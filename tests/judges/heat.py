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
from heat.engine.resources import stack_resource
from heat.engine.stack import Stack
from heat.engine.template import Template
from heatclient import exc
from heatclient.common import template_utils

from judges import engine, references

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

MAX_TEMPLATE = 524_288  # Heat's defaults: bytes of one template,
MAX_BODY = 1_048_576  # bytes of a whole request,
MAX_RESOURCES = 1000  # resources of a stack with all that is nested in it
PLACEHOLDER = {"string": "", "number": 1, "json": {}, "comma_delimited_list": [], "boolean": False}
MEMBER_ATTRIBUTES = ("attributes", "outputs", "outputs_list")
GONE = (support.HIDDEN, support.DEPRECATED, support.UNSUPPORTED)

Names = frozenset[str]


def judge(folder: Path) -> list[str]:
    """All problems of `stack.yaml` with `environment.yaml` (where there is one) and all files that they name."""
    try:
        template, files, given = _as_the_client_reads(folder)
    except (exc.CommandError, OSError, ValueError) as error:
        return [f"files: {error}"]
    problems = list(_size_problems(template, files, given))
    try:
        problems += _root_problems(template, files, given)
    except (HeatException, ValueError, TypeError, KeyError) as error:
        problems.append(f"stack: {error}")
    return list(dict.fromkeys(problems))


def _as_the_client_reads(folder: Path) -> tuple[dict[str, Any], dict[str, str], dict[str, Any]]:
    files, template = template_utils.get_template_contents(template_file=str(folder / "stack.yaml"))
    paths = [str(path) for path in [folder / "environment.yaml"] if path.exists()]
    more, given = template_utils.process_multiple_environments_and_files(env_paths=paths)
    return template, {**files, **more}, given


def _size_problems(template: object, files: Mapping[str, str], given: object) -> Iterator[str]:
    body = len(json.dumps({"template": template, "files": files, "environment": given}))
    if body > MAX_BODY:
        yield f"size: a request of {body} bytes; Heat takes {MAX_BODY}"
    for name, text in [("stack.yaml", json.dumps(template)), *files.items()]:
        if len(text) > MAX_TEMPLATE:
            yield f"size: {name.rpartition('/')[2]} has {len(text)} bytes; Heat takes {MAX_TEMPLATE}"


def _root_problems(template: dict[str, Any], files: dict[str, str], given: dict[str, Any]) -> list[str]:
    engine.start()
    declared = template.get("parameters") or {}
    asked = {
        name: PLACEHOLDER.get(schema.get("type"), "")
        for name, schema in declared.items()
        if isinstance(schema, dict) and "default" not in schema and name not in given.get("parameters", {})
    }
    env = copy.deepcopy(given)
    env.setdefault("parameters", {}).update(asked)
    stack = _stack(Template(template, files=files, env=environment.Environment(env)))
    problems = _problems(stack, "", frozenset(asked))
    if not problems and (total := _size(stack)) > MAX_RESOURCES:
        problems.append(f"size: {total} resources in all; Heat takes {MAX_RESOURCES}")
    return problems


def _stack(template: Template) -> Stack:
    return Stack(engine.start(), "judged", template)


def _problems(stack: Stack, where: str, unknown: Names, unknown_settings: Names = frozenset()) -> list[str]:
    """Problems of a stack and of those nested in it.

    `where` is the way to it (`app/member/`), `unknown` its parameters without a known value, `unknown_settings` the
    properties without one: those that a group hands to its members.
    """
    raw = stack.t.t
    found = [where + problem for problem in references.problems(stack.t, dict(stack.parameters), unknown)]
    for variant in references.variants(raw, unknown):
        found += _one_way(stack, where, unknown | frozenset(variant), unknown_settings, variant)
    return list(dict.fromkeys(found))


def _one_way(stack: Stack, where: str, unknown: Names, unknown_settings: Names, variant: Mapping[str, object]) -> list[str]:
    """Problems with the parameters of `variant` set. Those are "unknown" to nested stacks, which vary their own."""
    if variant:
        env = copy.deepcopy(stack.t.env)
        env.params = {**env.params, **variant}
        own = Stack(
            stack.context, stack.name, Template(copy.deepcopy(stack.t.t), files=stack.t.files, env=env),
            nested_depth=stack.nested_depth,
        )  # fmt: skip
        unknown = unknown - frozenset(variant)
    else:
        own = stack
    own.strict_validate = not unknown and not unknown_settings
    try:
        own.validate()
    except (HeatException, ValueError, TypeError, KeyError) as error:
        return [f"{where}{error}"]
    return [
        f"{where}{name}: {problem}"
        for name, resource in own.resources.items()
        for problem in _resource_problems(own, resource, f"{where}{name}/", unknown, unknown_settings)
    ]
