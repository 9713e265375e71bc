"""`native` and `override` in Heat's own terms: ids of a file are kept apart from the stack's, and parameters become values."""

from __future__ import annotations

from bpc.diagnostics import native
from bpc.fragments import file_for, given_out, laid_over, unmatched, values
from bpc_targets.heat.stack import get, param
from bpc_targets.heat.values import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from bpc.model.resources import Native, NativeFile, Override
    from bpc.model.values import NativeHole, Text
    from bpc_targets.heat.stack import Stack

    Json = dict[str, Any]
    Given = dict[str, Callable[[], Any]]

PSEUDO = ("OS::stack_name", "OS::stack_id", "OS::project_id")


def add_native(stack: Stack, item: Native) -> None:
    """The resources of one, and its outputs for whoever uses them."""
    file = file_for(item, "heat", stack.found)
    if file is None:
        return
    reader = _reader(stack, item, file)
    for name, made in file.resources.items():
        kind, properties = made["type"], made.get("properties", {})
        more = {key: reader.read(part) for key, part in made.items() if key not in ("type", "properties", "metadata")}
        if kind.endswith((".yaml", ".yml", ".template")):
            reader.unknown(kind)
        if "depends_on" in made:
            needed = made["depends_on"]
            more["depends_on"] = [reader.id(n) for n in ([needed] if isinstance(needed, str) else needed)]
        kept = {"metadata": reader.read(made["metadata"])} if "metadata" in made else {}
        definition = {"type": kind, **kept, **more, "properties": reader.read(properties)}
        stack.write(f"native.{item.name}.{name}", definition, item)


def _reader(stack: Stack, item: Native, file: NativeFile) -> Reader:
    return Reader(stack, file, values(item, file, lambda text: value(text, stack)), item.name)


def output(stack: Stack, hole: NativeHole) -> Any:
    """What a native gives, as a value of the root template."""
    made: Any = ""
    for item, file in given_out(stack.index, "heat", hole, stack.outgoing, stack.found):
        made = _reader(stack, item, file).read(file.outputs[hole.output])
    return made


def changed(stack: Stack, name: str, definition: Json) -> Json:
    """A resource of the root template as an `override` has it."""
    item = stack.overrides.get(name)
    if item is None:
        return definition
    return _laid(stack, item, definition, values(item, item.file, lambda text: value(text, stack)))


def change_member(stack: Stack, tier: str, resources: Json, given: Json) -> None:
    """The same for the resources of a member's template, which gets values of the stack as parameters of its own, in `given`."""

    def handed(text: Text) -> Any:
        if all(isinstance(part, str) for part in text):
            return value(text, stack)
        name = f"override_{sum(key.startswith('override_') for key in given)}"
        given[name] = value(text, stack)
        return param(name)

    for name, definition in resources.items():
        item = stack.overrides.get(f"tier.{tier}/{name}")
        if item is not None:
            resources[name] = _laid(stack, item, definition, values(item, item.file, handed), resources)


def make_of(stack: Stack, tier: str) -> str:
    """What overrides make of a tier's members, for the digest of what these are."""
    within = [item for name, item in stack.overrides.items() if name.startswith(f"tier.{tier}/")]
    return "".join(repr((item.name, item.file.resources, item.parameters)) for item in within)


def _laid(stack: Stack, item: Override, definition: Json, given: Given, local: Json | None = None) -> Json:
    stack.overridden.add(item.name)
    reader = Reader(stack, item.file, given, "", local)
    return {
        **definition,
        "properties": laid_over(definition["properties"], reader.read(item.file.resources[item.name])),
    }


def check(stack: Stack) -> None:
    """Reports references to what is not there, and overrides of it."""
    for name, file in stack.referred:
        if name not in stack.resources:
            stack.found.append(native.UnknownReference(span=file.span, name=name, file=file.name))
    left = [item for name, item in stack.overrides.items() if name not in stack.overridden]
    stack.found += unmatched(left, stack.resources)


class Reader:
    """Reads one file. `local` are the resources of a member's template, in which references stay what they are."""

    def __init__(self, stack: Stack, file: NativeFile, given: Given, name: str, local: Json | None = None) -> None:
        self.stack, self.file, self.given, self.name, self.local = stack, file, given, name, local

    def read(self, part: Any) -> Any:
        """A part of the file with the stack's ids and values."""
        if isinstance(part, list):
            return [self.read(item) for item in part]
        if not isinstance(part, dict):
            return part
        if len(part) == 1:
            [(key, item)] = part.items()
            if key == "get_param":
                return self.parameter(item)
            if key == "get_resource":
                return get(self.id(str(item)))
            if key == "get_attr" and isinstance(item, list) and item:
                return {key: [self.id(str(item[0])), *(self.read(step) for step in item[1:])]}
            if key == "get_file" or (
                key == "if" and isinstance(item, list) and item and item[0] not in self.stack.conditions
            ):
                self.unknown(str(item if key == "get_file" else item[0]))
        return {key: self.read(item) for key, item in part.items()}

    def parameter(self, item: Any) -> Any:
        """A value of the file's own parameters, or a parameter of the stack."""
        name, *path = item if isinstance(item, list) and item else [item]
        if name in self.given:
            made = self.given[name]()
            for step in path:
                try:
                    made = made[step]
                except (KeyError, IndexError, TypeError):
                    self.unknown(f"{name}.{step}")
            return made
        if name not in PSEUDO and (self.local is not None or name not in self.stack.parameters):
            self.unknown(str(name))
        return {"get_param": item}

    def id(self, name: str) -> str:
        """A resource's id in the stack: of the file itself, or one of the stack's own, which may yet come."""
        if self.name and name in self.file.resources:
            return f"native.{self.name}.{name}"
        if self.local is None:
            self.stack.referred.append((name, self.file))
        elif name not in self.local:
            self.unknown(name)
        return name

    def unknown(self, name: str) -> None:
        self.stack.found.append(native.UnknownReference(span=self.file.span, name=name, file=self.file.name))
