"""`native` and `override` in CloudFormation's own terms: ids of a file are kept apart from the stack's, and parameters become values."""

from __future__ import annotations

import re

import troposphere
from troposphere import Sub

from bpc.diagnostics import native
from bpc.fragments import VARIABLE, file_for, given_out, laid_over, unmatched, values
from bpc.model.values import SecretHole, bare
from bpc.source_map import origin_of
from bpc_targets.cloudformation.names import BETWEEN, logical
from bpc_targets.cloudformation.values import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from bpc.model.resources import Native, NativeFile, Override
    from bpc.model.values import NativeHole, Text
    from bpc_targets.cloudformation.stack import Stack

    Json = dict[str, Any]
    Given = dict[str, Callable[[], Any]]

OWN_NAME = ("RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName")
"""Properties by which something of IAM has a name of its own, which whoever deploys must allow."""


class Written(troposphere.AWSHelperFn):  # type: ignore[misc]
    """A value that is written in CloudFormation's terms already."""

    def __init__(self, given: Any) -> None:
        self.data = given


def add_native(stack: Stack, item: Native) -> None:
    """The resources of one."""
    file = file_for(item, "cloudformation", stack.found)
    if file is None:
        return
    reader = _reader(stack, item, file)
    for name, made in file.resources.items():
        known = reader.id(name)
        stack.resources[known] = {
            key: reader.read(part) for key, part in {"Type": "", "Properties": {}, **made}.items()
        }
        if "DependsOn" in made:
            needed = made["DependsOn"]
            ids = [reader.id(str(n)) for n in ([needed] if isinstance(needed, str) else needed)]
            stack.resources[known]["DependsOn"] = ids
        stack.places[known] = origin_of(item)


def output(stack: Stack, hole: NativeHole) -> Any:
    """What a native gives, as a value of the root template."""
    made: Any = ""
    for item, file in given_out(stack.index, "cloudformation", hole, stack.outgoing, stack.found):
        made = _reader(stack, item, file).read(file.outputs[hole.output])
    return made if isinstance(made, str) else Written(made)


def change(stack: Stack) -> None:
    """Lays the overrides over the stack's resources, and reports those of nothing, and references to nothing."""
    left = {item.name: item for item in stack.index.overrides if item.file.cloud == "cloudformation"}
    for name, item in list(left.items()):
        if name in stack.resources:
            reader = Reader(stack, item.file, _given(stack, item, item.file), "")
            made = stack.resources[name]
            properties = laid_over(made["Properties"], reader.read(item.file.resources[name]))
            stack.resources[name] = {**made, "Properties": properties}
            del left[name]
    stack.found += unmatched(left.values(), stack.resources)
    for name, file in stack.referred:
        if name not in stack.resources and name not in stack.parameters:
            stack.found.append(native.UnknownReference(span=file.span, name=name, file=file.name))


def named(stack: Stack) -> bool:
    """Whether a file gives something of IAM a name of its own."""
    kinds = [made for item in stack.index.natives.values() for file in item.files for made in file.resources.values()]
    return any(
        str(made.get("Type", "")).startswith("AWS::IAM::") and set(OWN_NAME) & set(made.get("Properties", {}))
        for made in kinds
    )


def _reader(stack: Stack, item: Native, file: NativeFile) -> Reader:
    return Reader(stack, file, _given(stack, item, file), item.name)


def _given(stack: Stack, item: Native | Override, file: NativeFile) -> Given:
    return values(item, file, lambda text: _value(stack, text))


def _value(stack: Stack, text: Text) -> Any:
    """A value for a property: of a secret, what makes CloudFormation read it where it is used."""
    made = [_secret(stack, part) if isinstance(bare(part), SecretHole) else value((part,), stack) for part in text]
    if len(made) == 1:
        return _plain(made[0])
    return {"Fn::Join": ["", [_plain(part) for part in made]]}


def _secret(stack: Stack, part: Any) -> Any:
    return Sub("{{resolve:secretsmanager:${Secret}}}", {"Secret": stack.arn(bare(part).secret)})


def _plain(given: Any) -> Any:
    return given.to_dict() if isinstance(given, troposphere.AWSHelperFn) else given


class Reader:
    """Reads one file with the stack's ids and values."""

    def __init__(self, stack: Stack, file: NativeFile, given: Given, name: str) -> None:
        self.stack, self.file, self.given, self.name = stack, file, given, name

    def read(self, part: Any) -> Any:
        """A part of the file."""
        if isinstance(part, list):
            return [self.read(item) for item in part]
        if not isinstance(part, dict):
            return part
        if len(part) == 1:
            [(key, item)] = part.items()
            match key:
                case "Ref":
                    return self.reference(str(item))
                case "Fn::GetAtt":
                    name, *path = item.split(".", 1) if isinstance(item, str) else item
                    return {key: [self.id(str(name)), *map(self.read, path)]}
                case "Fn::Sub":
                    return self.substituted(item)
                case "Fn::If" if isinstance(item, list) and item and item[0] not in self.conditions():
                    self.unknown(str(item[0]))
                case "Fn::Transform":
                    self.unknown(key)
        return {key: self.read(item) for key, item in part.items()}

    def conditions(self) -> tuple[str, ...]:
        return ("HasKey", *self.stack.conditions)

    def reference(self, name: str) -> Any:
        """`Ref`: a value of the file's own parameters, or a parameter or resource of the stack."""
        if name in self.given:
            return self.given[name]()
        return {"Ref": name if name.startswith("AWS::") else self.id(name)}

    def substituted(self, item: Any) -> Json:
        """`Fn::Sub`: what the blueprint gives becomes a value beside the text."""
        text, *rest = item if isinstance(item, list) and item else [item]
        beside = {key: self.read(part) for key, part in (rest[0] if rest else {}).items()}

        def one(match: re.Match[str]) -> str:
            name, dot, attribute = match[1].partition(".")
            if match[1] in beside or name.startswith("AWS::"):
                return match[0]
            if match[1] in self.given:
                beside[match[1]] = self.given[match[1]]()
                return match[0]
            return f"${{{self.id(name)}{dot}{attribute}}}"

        text = VARIABLE.sub(one, str(text))
        return {"Fn::Sub": [text, beside] if beside else text}

    def id(self, name: str) -> str:
        """A resource's id in the stack: of the file itself, or one of the stack's own, which may yet come."""
        if self.name and name in self.file.resources:
            return f"{logical('Native', self.name)}{BETWEEN}{name}"
        self.stack.referred.append((name, self.file))
        return name

    def unknown(self, name: str) -> None:
        self.stack.found.append(native.UnknownReference(span=self.file.span, name=name, file=self.file.name))
