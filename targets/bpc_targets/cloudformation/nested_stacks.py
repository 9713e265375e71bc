"""One template or several: what is beyond a stack's 500 resources goes into nested stacks, along tiers.

Members' interfaces go into stacks of their own, and all else of the members into others: first boot may name the addresses of a
tier's own members, so interfaces come before the launch template in the root, and instances after it. References run one way:
values go down as parameters, and come up as outputs. Which member is in which stack depends on its number alone.
"""

from __future__ import annotations

from collections import Counter

from bpc_targets.cloudformation.limits import DEFAULTS
from bpc_targets.cloudformation.names import BETWEEN
from bpc_targets.cloudformation.roles import SIGNAL, allowed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from bpc_targets.cloudformation.stack import Stack

    Json = dict[str, Any]

TOGETHER = 50
"""Members in one nested stack: fifty with three volumes each take 401 resources, and 50 outputs of 200."""
NAME = "AWS::StackName"
"""What machines are called after: the name of the root, also in a nested stack."""
INTERFACES = "AWS::EC2::NetworkInterface"


def templates(stack: Stack, root: Json) -> dict[str, Json]:
    """File name → template. The root, `stack.yaml` or `stack.json`, is alone where everything fits into it."""
    form = _form(stack)
    limit = stack.options.limits.get("stack_resources", DEFAULTS["stack_resources"])
    if len(root["Resources"]) <= limit:
        return {f"stack.{form}": root}
    homes = _homes(stack, root, limit)
    parts: dict[str, Json] = {home: {} for home in homes.values()}
    kept: Json = {}
    for name, made in root["Resources"].items():
        (parts[homes[name]] if name in homes else kept)[name] = made
    root = {**root, "Resources": kept}
    for home, resources in parts.items():
        _allow(stack, home, resources)
    made = {home: _nested(home, resources, homes, stack, root) for home, resources in parts.items()}
    _raise(root, homes, made)
    used = {*_conditions(root["Resources"]), *_conditions(root["Outputs"])}
    root["Conditions"] = {name: test for name, test in root["Conditions"].items() if name in used}
    return {f"stack.{form}": root, **{f"{home}.{form}": template for home, template in made.items()}}


def _form(stack: Stack) -> str:
    """The ending of the templates' names."""
    return "json" if "json" in stack.options.chosen else "yaml"


def _homes(stack: Stack, root: Json, limit: int) -> dict[str, str]:
    """Resource → its nested stack, of the tiers with most resources first, until the rest fits."""
    sizes = Counter(tier for tier, _ in stack.owner.values())
    homes: dict[str, str] = {}
    left = len(root["Resources"])
    for tier, _ in sizes.most_common():
        if left <= limit:
            break
        for name, (owner, number) in stack.owner.items():
            if owner == tier:
                kind = "Cards" if root["Resources"][name]["Type"] == INTERFACES else "Machines"
                homes[name] = f"{stack.tier(kind, tier)}{BETWEEN}{number // TOGETHER}"
        left = len(root["Resources"]) - len(homes) + len(set(homes.values()))
    return homes


def _allow(stack: Stack, home: str, resources: Json) -> None:
    """What lets the machines of a nested stack signal its resources: only there is it known which stack that is."""
    machines = [name for name, made in resources.items() if made["Type"] == "AWS::EC2::Instance"]
    if not machines:
        return
    tier, _ = stack.owner[machines[0]]
    name, place = f"Signals{home}", resources[machines[0]]["Metadata"]
    role = {"Ref": stack.tier("Role", tier)}
    policy = {"PolicyName": home, "Roles": [role], "PolicyDocument": allowed(SIGNAL, [{"Ref": "AWS::StackId"}])}
    for machine in machines:
        resources[machine] = {**resources[machine], "DependsOn": [*_list(resources[machine]["DependsOn"]), name]}
    resources[name] = {"Type": "AWS::IAM::Policy", "Properties": policy, "Metadata": place}
    stack.places[name] = stack.places[stack.tier("Role", tier)]


def _nested(home: str, resources: Json, homes: dict[str, str], stack: Stack, root: Json) -> Json:
    """The template of a nested stack; the stack itself is put into the root, with what it needs from there."""
    given: Json = {}

    def outside(name: str, reference: Json) -> Json:
        if name in resources or (name.startswith("AWS::") and name != NAME):
            return reference
        parameter = _joined(reference)
        given[parameter] = reference
        return {"Ref": parameter}

    made = {name: _mapped({k: v for k, v in r.items() if k != "DependsOn"}, outside) for name, r in resources.items()}
    before: dict[str, None] = {}
    for name, resource in resources.items():
        wanted = [other for other in _list(resource.get("DependsOn", [])) if other not in resources]
        before |= dict.fromkeys(homes.get(other, other) for other in wanted)
        inner = [other for other in _list(resource.get("DependsOn", [])) if other in resources]
        made[name] |= {"DependsOn": inner} if inner else {}
    used = dict.fromkeys(name for resource in resources.values() for name in _conditions(resource))
    conditions = {name: _mapped(root["Conditions"][name], outside) for name in used}
    place = next(iter(resources.values()))["Metadata"]
    for reference in given.values():  # what is given is waited for anyway
        before.pop(_name(reference), None)
    root["Resources"][home] = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": f"./{home}.{_form(stack)}", "Parameters": given},
        "Metadata": place,
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        **({"DependsOn": list(before)} if before else {}),
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Members of {stack.solution.name} {stack.solution.version}: {home}",
        "Metadata": root["Metadata"],
        "Parameters": {name: {"Type": "String"} for name in given},
        "Conditions": conditions,
        "Resources": made,
        "Outputs": {},
    }


def _raise(root: Json, homes: dict[str, str], made: dict[str, Json]) -> None:
    """What the root refers to in nested stacks becomes their outputs."""

    def inside(name: str, reference: Json) -> Json:
        if name not in homes:
            return reference
        output = _joined(reference)
        attributes = made[homes[name]]["Resources"][name]
        held = {"Condition": attributes["Condition"]} if "Condition" in attributes else {}
        made[homes[name]]["Outputs"][output] = {"Value": reference, **held}
        return {"Fn::GetAtt": [homes[name], f"Outputs.{output}"]}

    for section in ("Resources", "Outputs"):
        root[section] = {name: _mapped(item, inside) for name, item in root[section].items()}
    for item in root["Resources"].values():
        if "DependsOn" in item:
            item["DependsOn"] = list(dict.fromkeys(homes.get(name, name) for name in _list(item["DependsOn"])))


def _conditions(value: Any) -> Iterator[str]:
    """The conditions that a resource has, or chooses values by."""
    if isinstance(value, dict):
        if isinstance(value.get("Condition"), str):
            yield value["Condition"]
        if list(value) == ["Fn::If"]:
            yield value["Fn::If"][0]
        for item in value.values():
            yield from _conditions(item)
    elif isinstance(value, list):
        for item in value:
            yield from _conditions(item)


def _mapped(value: Any, change: Callable[[str, Json], Json]) -> Any:
    """A copy in which `change(name, reference)` stands for each Ref, Fn::GetAtt and name in Fn::Sub."""
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["Ref"]:
        return change(value["Ref"], value)
    if list(value) == ["Fn::GetAtt"]:
        return change(value["Fn::GetAtt"][0], value)
    if list(value) == ["Fn::Sub"]:
        return _substituted(value["Fn::Sub"], change)
    return {key: _mapped(item, change) for key, item in value.items()}


def _substituted(given: str | list[Any], change: Callable[[str, Json], Json]) -> Json:
    """References by name inside a text; one that changes becomes a value beside it."""
    import re

    text, values = (given, {}) if isinstance(given, str) else (given[0], given[1])
    values = {key: _mapped(item, change) for key, item in values.items()}

    def one(match: re.Match[str]) -> str:
        name, _, attribute = match[1].partition(".")
        if name in values:
            return match[0]
        reference: Json = {"Fn::GetAtt": [name, attribute]} if attribute else {"Ref": name}
        changed = change(name, reference)
        if changed == reference:
            return match[0]
        key = f"From{_joined(reference)}"
        values[key] = changed
        return f"${{{key}}}"

    made = re.sub(r"\$\{([^!}]+)\}", one, text)
    return {"Fn::Sub": [made, values] if values else made}


def _name(reference: Json) -> str:
    """The resource that a Ref or Fn::GetAtt names."""
    [given] = reference.values()
    return str(given if isinstance(given, str) else given[0])


def _joined(reference: Json) -> str:
    """A parameter's or an output's id for a reference."""
    [given] = reference.values()
    return "".join(part.replace(".", "").replace(":", "") for part in ([given] if isinstance(given, str) else given))


def _list(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given
