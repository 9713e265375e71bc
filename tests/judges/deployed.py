"""What a machine is handed, as the clouds themselves put values into a stack's texts: Heat's own engine, and CloudFormation's functions.

Heat's groups and member templates are made by the engine's own classes. Of CloudFormation there is no engine: its functions
are done here, as their reference describes them.
"""

from __future__ import annotations

import base64
import copy
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml
from heat.engine import environment, function
from heat.engine.stack import Stack
from heat.engine.template import Template

from judges import engine
from judges.readers import LOADER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]
VOLUME = "0f2d1d0a-95a5-4d0b-9d63-0f6ef7a4b0aa"


def heat(
    files: Mapping[str, str], parameters: Mapping[str, Any], attribute: Callable[[list[Any]], Any]
) -> dict[str, str]:
    """Tier → the user data of its first member. `attribute` says what a resource's attribute is."""
    root = _known(_document(files["stack.yaml"]), attribute)
    given = _document(files["environment.yaml"])["parameters"] | dict(parameters)
    stack = _stack(root, files, given)
    made = {}
    for name, resource in stack.resources.items():
        if name.startswith("tier."):
            [member] = _members(resource)
            made[name.removeprefix("tier.")] = _user_data(member, files, attribute)
    return made


def outputs(files: Mapping[str, str], parameters: Mapping[str, Any], attribute: Callable[[list[Any]], Any]) -> Json:
    """The outputs of a Heat stack."""
    root = _known(_document(files["stack.yaml"]), attribute)
    stack = _stack(root, files, _document(files["environment.yaml"])["parameters"] | dict(parameters))
    return {name: stack.outputs[name].get_value() for name in root["outputs"]}


def check_parameters(files: Mapping[str, str], parameters: Mapping[str, Any]) -> None:
    """Raises what Heat raises where it does not take the parameters."""
    given = _document(files["environment.yaml"])["parameters"] | dict(parameters)
    stack = _stack(_document(files["stack.yaml"]), files, given)
    stack.parameters.validate(validate_value=True, context=stack.context)


@lru_cache(maxsize=16)
def _document(text: str) -> Json:
    """A template or environment, read by Heat's own reader; nobody changes it: it is the same one each time."""
    made: Json = yaml.load(text, LOADER)
    return made


def _stack(text: Json, files: Mapping[str, str], parameters: Mapping[str, Any]) -> Stack:
    env = environment.Environment({"parameters": dict(parameters)})
    return Stack(engine.start(), "deployed", Template(copy.deepcopy(text), files=dict(files), env=env))


def _known(value: Any, attribute: Callable[[list[Any]], Any]) -> Any:
    """The template with what only a running stack knows."""
    if isinstance(value, list):
        return [_known(item, attribute) for item in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["get_attr"]:
        return attribute(value["get_attr"])
    if list(value) == ["get_resource"]:
        return VOLUME if value["get_resource"].startswith("volume.") else value["get_resource"]
    return {key: _known(item, attribute) for key, item in value.items()}


def _members(group: Any) -> list[Json]:
    """The definitions of a group's members as the group hands them to its nested stack: the first one alone."""
    if group.type() == "OS::Heat::ResourceGroup":
        resources = group._assemble_nested(["0"]).t["resources"]
    else:
        resources = {
            "0": {
                "type": group.properties["resource"]["type"],
                "properties": group.properties["resource"]["properties"],
            }
        }
    return [function.resolve(resource) for resource in resources.values()]


def _user_data(member: Json, files: Mapping[str, str], attribute: Callable[[list[Any]], Any]) -> str:
    if member["type"] == "OS::Nova::Server":
        return str(member["properties"]["user_data"])
    text = _known(_document(files[member["type"]]), attribute)
    known = {name: value for name, value in member["properties"].items() if name in text["parameters"]}
    inner = _stack(text, files, known)
    return str(function.resolve(inner.t.parse(inner.defn, text["resources"]["server"]["properties"]["user_data"])))


# ---- CloudFormation


def user_data(template: Json, name: str, values: Mapping[str, str]) -> str:
    """The user data of a launch template, as a machine reads it; `values` are those of `Ref` and, with a dot, of `Fn::GetAtt`."""
    given = template["Resources"][name]["Properties"]["LaunchTemplateData"]["UserData"]
    return base64.b64decode(resolved(given, values)).decode()


def resolved(value: Any, values: Mapping[str, str]) -> Any:
    """A value with its functions done."""
    match value:
        case {"Ref": str(name)}:
            return values[name]
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return values[f"{name}.{attribute}"]
        case {"Fn::Base64": inner}:
            return base64.b64encode(resolved(inner, values).encode()).decode()
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(resolved(part, values) for part in parts)
        case {"Fn::Join": [str(separator), parts]}:
            return separator.join(resolved(parts, values))
        case {"Fn::Split": [str(separator), inner]}:
            return resolved(inner, values).split(separator)
        case {"Fn::Sub": [str(text), dict(own)]}:
            return _substituted(text, {name: resolved(inner, values) for name, inner in own.items()}, values)
        case {"Fn::Sub": str(text)}:
            return _substituted(text, {}, values)
        case str():
            return value
    raise AssertionError(f"not a function that gives a text: {value}")


def _substituted(text: str, own: Mapping[str, str], values: Mapping[str, str]) -> str:
    """One pass: what comes in is not looked at again."""

    def one(match: re.Match[str]) -> str:
        escape, name = match.groups()
        return f"${{{name}}}" if escape else own[name] if name in own else values[name]

    return re.sub(r"\$\{(!?)([^}]*)\}", one, text)
