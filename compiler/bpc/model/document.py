"""The model as a JSON document, and the JSON Schema of it, both derived from the model's own classes.

A record becomes an object with its fields; a record of a union also says which one it is, as `"kind"`. Places become
`"file:line"`; bytes become their SHA-256 and size; a text with holes becomes a list of strings and objects.
"""

from __future__ import annotations

import json

from bpc.digest import sha256
from bpc.model.steps import KINDS
from bpc.record import Record, fields
from bpc.source import Span, where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bpc.model.solution import Solution

MODULES = ("values", "steps", "resources", "solution")


def document(solution: Solution) -> dict[str, Any]:
    """The solution as plain JSON values, in the order of the model."""
    return {"format": 1, **plain(solution)}


def plain(record: Record) -> dict[str, Any]:
    """One record of the model as plain JSON values."""
    made: dict[str, Any] = json.loads(json.dumps(record, default=shallow))
    return made


def shallow(value: object) -> object:
    """What JSON has no type for, one level of it: `default` of `json.dumps`, which goes on with what is inside."""
    if isinstance(value, Record):
        return {"kind": type(value).__name__, **{_json_name(name): _field(item) for name, item in fields(value)}}
    assert isinstance(value, bytes), value
    return {"kind": "Bytes", "sha256": sha256(value), "size": len(value)}


def _field(value: object) -> object:
    """A place is a tuple, and a whole number may be a float: JSON would take both as they are."""
    if type(value) is Span:
        return where(value)
    return int(value) if type(value) is float and value.is_integer() else value


def _json_name(name: str) -> str:
    """`span` is a place in the model; a step's own `kind` (its layer) makes room for the record's."""
    return OTHER_NAMES.get(name, name)


OTHER_NAMES = {"span": "source_place", "kind": "layer"}


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the document: each class a definition with its fields, its docstring as the description."""
    from importlib import import_module
    from inspect import cleandoc

    kinds = {
        name: kind
        for module in MODULES
        for name, kind in vars(import_module(f"bpc.model.{module}")).items()
        if isinstance(kind, type) and issubclass(kind, Record) and kind is not Record
    }
    names = _named()
    definitions: dict[str, dict[str, Any]] = {
        name: {
            "description": cleandoc(kind.__doc__ or ""),
            "type": "object",
            "properties": {
                "kind": {"const": name},
                **{_json_name(field): _annotation(text, names) for field, text in _annotations(kind).items()},
            },
            "required": ["kind", *(_json_name(field) for field in _annotations(kind))],
            "additionalProperties": False,
        }
        for name, kind in kinds.items()
    }
    root = definitions["Solution"]
    root["properties"]["format"] = {"const": 1}
    root["required"] = ["format", *root["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The cloud-neutral model of a solution",
        "$ref": "#/$defs/Solution",
        "$defs": definitions,
    }


def _annotations(kind: type[Record]) -> dict[str, str]:
    return {
        name: str(text)
        for base in reversed(kind.__mro__)
        for name, text in vars(base).get("__annotations__", {}).items()
        if base is not Record and name in kind._fields
    }


BASE: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "Json": {"type": "object"},
    "Span": {"type": "string", "pattern": ":[0-9]+$"},
    "bytes": {
        "type": "object",
        "properties": {"kind": {"const": "Bytes"}, "sha256": {"type": "string"}, "size": {"type": "integer"}},
        "required": ["kind", "sha256", "size"],
    },
}
WORDS = {
    "Protocol": ("expose", "protocol"),
    "Algorithm": ("expose", "balance"),
    "Spread": ("tier", "spread"),
    "Router": ("network", "router"),
    "Metadata": ("tier", "metadata"),
    "Metric": ("scale", "metric"),
    "Architecture": ("machine", "architecture"),
    "Filesystem": ("volume", "filesystem"),
    "Bake": ("solution", "bake"),
    "Platform": ("configure", "with"),
}
"""Whose words a field has: a block's setting of the vocabulary."""
ALSO: dict[str, tuple[str, ...]] = {"Metric": ("",)}
"""What such a field has besides: nothing said."""


def _named() -> dict[str, dict[str, Any]]:
    """The schema of each name that stands for no one class: plain types, sets of words, unions."""
    from importlib import import_module
    from types import UnionType

    from bpc.vocabulary import BLOCKS, PARAM_TYPES, words

    sets = {name: words(BLOCKS[block].settings[setting].type) for name, (block, setting) in WORDS.items()}
    sets |= {"ParamType": PARAM_TYPES, "Kind": KINDS}
    unions = {
        name: [_reference(member.__name__) for member in union.__args__]
        for module in MODULES
        for name, union in vars(import_module(f"bpc.model.{module}")).items()
        if isinstance(union, UnionType)
    }
    return {
        **BASE,
        **{name: {"enum": [*told, *ALSO.get(name, ())]} for name, told in sets.items()},
        **{name: {"anyOf": members} for name, members in unions.items()},
        "Text": {"type": "array", "items": {"anyOf": [{"type": "string"}, *unions["Hole"]]}},
    }


def _annotation(text: str, names: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The schema of an annotation, as the model writes them: `A | B`, `tuple[A, ...]`, `Literal[...]`, names."""
    if " | " in text and not text.startswith(("tuple[", "Literal[")):
        return {"anyOf": [_annotation(part, names) for part in text.split(" | ")]}
    if text.startswith("tuple["):
        return {"type": "array", "items": _annotation(text[6:].removesuffix(", ...]"), names)}
    if text.startswith("Literal["):
        return {"enum": [word.strip(" \"'") for word in text[8:-1].split(",")]}
    return names.get(text) or _reference(text)


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}
