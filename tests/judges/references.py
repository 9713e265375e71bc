"""What Heat's engine lets pass in a template's text: it finds out when the stack runs, or never.

A parameter path that leads nowhere is an empty string to Heat, a parameter that nobody reads is nothing to it, and a function
that came with a later template version is a plain map. A wait condition reads its handle's metadata as signals.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from heat.engine.hot import template as hot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from heat.engine.template import Template

PSEUDO = {"OS::stack_name", "OS::stack_id", "OS::project_id"}
SECTIONS = ("resources", "outputs", "conditions")


def calls(value: object, name: str) -> Iterator[Any]:
    """The arguments of every call of an intrinsic function inside a value, outer ones first."""
    if isinstance(value, dict):
        if len(value) == 1 and name in value:
            yield value[name]
        for inner in value.values():
            yield from calls(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from calls(inner, name)


def parameters(value: object) -> frozenset[str]:
    """The names of the parameters that a value reads."""
    return frozenset(str(_path(arguments)[0]) for arguments in calls(value, "get_param"))


def _path(arguments: object) -> list[Any]:
    return arguments if isinstance(arguments, list) and arguments else [arguments]


def problems(template: Template, values: Mapping[str, Any], unknown: frozenset[str]) -> Iterator[str]:
    """`values` are the stack's parameters; those in `unknown` stand for values that are not known."""
    text = {section: template.t.get(section) for section in SECTIONS}
    declared = set(template.t.get("parameters") or {})
    read = parameters(text)
    yield from (f"get_param: there is no parameter {name!r}" for name in sorted(read - declared - PSEUDO))
    yield from (f"parameters.{name}: nothing reads it" for name in sorted(declared - read))
    for arguments in calls(text, "get_param"):
        path = _path(arguments)
        if path[0] in declared - unknown and not _leads_somewhere(values[path[0]], path[1:]):
            yield f"get_param: {arguments} leads nowhere, which Heat takes for an empty string"
    for name, resource in (text["resources"] or {}).items():
        if resource["type"] == "OS::Heat::WaitConditionHandle" and resource.get("metadata"):
            yield f"{name}: Heat takes what stands in a handle's metadata for a signal"
    for name in sorted(_functions_of_all_versions() - set(template.functions) - set(template.condition_functions)):
        if any(True for _ in calls(text, name)):
            yield f"{name}: no function of heat_template_version {template.t['heat_template_version']}"


def _leads_somewhere(value: Any, path: list[Any]) -> bool:
    for step in path:
        if not isinstance(step, str | int):
            return True  # computed: known only when the stack runs
        try:
            value = value[int(step) if isinstance(value, list) else step]
        except (KeyError, IndexError, TypeError, ValueError):
            return False
    return True


@cache
def _functions_of_all_versions() -> frozenset[str]:
    versions = [kind for kind in vars(hot).values() if isinstance(kind, type) and hasattr(kind, "functions")]
    return frozenset(
        name
        for version in versions
        for name, called in [*version.functions.items(), *version.condition_functions.items()]
        if "::" not in name and name != "Ref" and called.__name__ not in ("Removed", "Invalid")
    )


def variants(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Settings of the parameters that conditions read: nothing changed, then each other value of each of them."""
    declared = template.get("parameters") or {}
    conditions = template.get("conditions") or {}
    read = [name for name in sorted(parameters(conditions)) if name in declared]
    return [{}] + [{name: value} for name in read for value in _values(name, declared[name], conditions)]


def _values(name: str, schema: Mapping[str, Any], conditions: object) -> list[Any]:
    if schema.get("type") == "boolean":
        return [True, False]
    for constraint in schema.get("constraints") or []:
        if "allowed_values" in constraint:
            return list(constraint["allowed_values"])
    compared = [sides for sides in calls(conditions, "equals") if {"get_param": name} in sides]
    return [side for sides in compared for side in sides if not isinstance(side, dict)]


def member_attributes(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(group, attribute) for every attribute of a group's members that the template asks for."""
    for arguments in calls({section: template.get(section) for section in SECTIONS}, "get_attr"):
        match arguments:
            case [str(group), "attributes" | "outputs" | "outputs_list", str(attribute), *_]:
                yield group, attribute
            case [str(group), str(key), *_] if key.startswith("resource.") and key.count(".") > 1:
                yield group, key.split(".", 2)[2]
