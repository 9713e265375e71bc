"""Frozen, slotted, keyword-only records: the one kind of value that stages hand to each other.

The standard library's dataclasses would do the same job; but they generate and compile source text for each class when
it is defined, about 0.5 ms a class, and the start of every `bpc` command would pay for all of them. A record class costs
0.01 ms; only a class of which many are made gets an `__init__` of its own. Type checkers see a frozen, keyword-only dataclass.

Nothing here imports `typing` when the program runs, for the same reason.
"""

from __future__ import annotations

from _operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Never, TypeVar, dataclass_transform

    R = TypeVar("R", bound="Record")
else:

    def dataclass_transform(**_options):
        """At run time the decorator says nothing: it speaks to the type checker."""
        return lambda cls: cls


def _initialize(self: Record, **values: Any) -> None:
    """`__init__` of a class of which few were made yet."""
    cls = type(self)
    cls._made += 1
    if cls._made == MANY and cls._fields:
        cls.__init__ = _generated(cls)  # type: ignore[method-assign]
    given = len(values)
    if given != len(cls._fields):
        values = {**cls._defaults, **values}
    try:
        for put, field in cls._setters:
            put(self, values[field])
    except KeyError as missing:
        raise TypeError(f"{cls.__name__} needs {missing}") from None
    if len(values) != len(cls._fields):
        raise TypeError(f"{cls.__name__} has no {sorted(set(values) - set(cls._fields))}")


def _generated(cls: RecordType) -> Callable[..., None]:
    """The same for one class, without a loop: twice as fast, but it takes as long to compile as a hundred of them."""
    names: dict[str, Any] = {f"put_{field}": put for put, field in cls._setters} | {"defaults": cls._defaults}
    keywords = [f"{field}=defaults[{field!r}]" if field in cls._defaults else field for field in cls._fields]
    puts = "; ".join(f"put_{field}(self, {field})" for field in cls._fields)
    exec(f"def __init__(self, *, {', '.join(keywords)}): {puts}", names)
    made: Callable[..., None] = names["__init__"]
    return made


MANY = 200


@dataclass_transform(kw_only_default=True, frozen_default=True)
class RecordType(type):
    """Makes annotated names into slots and collects the defaults; names annotated as `ClassVar` stay on the class."""

    _fields: tuple[str, ...]
    _defaults: dict[str, Any]
    _setters: tuple[tuple[Any, str], ...]
    _values: Callable[[object], Any]
    _made: int

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> RecordType:
        own = tuple(
            field
            for field, kind in namespace.get("__annotations__", {}).items()
            if not str(kind).startswith("ClassVar")
        )
        defaults = {field: namespace.pop(field) for field in own if field in namespace}
        namespace["__slots__"] = own
        namespace["__init__"] = _initialize
        cls = super().__new__(mcs, name, bases, namespace)
        inherited = tuple(field for base in bases for field in getattr(base, "_fields", ()))
        cls._fields = inherited + own
        cls._defaults = {k: v for base in bases for k, v in getattr(base, "_defaults", {}).items()} | defaults
        cls._setters = tuple((getattr(cls, field).__set__, field) for field in cls._fields)
        cls._made = 0
        cls._values = attrgetter(*cls._fields) if cls._fields else lambda _: ()
        return cls


class Record(metaclass=RecordType):
    """Base of all stage values. Equal when of one class with equal fields; never changed after it was made."""

    if TYPE_CHECKING:

        def __init__(self, **values: Any) -> None: ...

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be removed")

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        values = type(self)._values
        return bool(values(self) == values(other))

    def __hash__(self) -> int:
        return hash((type(self), type(self)._values(self)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in fields(self))})"


def fields(record: Record) -> Iterator[tuple[str, Any]]:
    """Yields (field name, value) in the order of declaration, inherited fields first."""
    cls = type(record)
    values = cls._values(record)
    yield from zip(cls._fields, values if len(cls._fields) != 1 else (values,), strict=True)


def replace(record: R, **changes: Any) -> R:
    """A copy of the record with some fields said differently."""
    return type(record)(**{**dict(fields(record)), **changes})


def assert_never(value: Never) -> Never:
    """Ends a `match` over a closed union: the type checker proves that it is never reached."""
    raise AssertionError(f"not handled: {value!r}")
