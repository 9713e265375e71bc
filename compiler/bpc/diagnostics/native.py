"""What is wrong with files in a cloud's own terms, as the lowering and the targets find it."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class BadNative(Diagnostic):
    """A file of a `native` or `override` cannot be read: it is not YAML, or not what that cloud's templates are made of.

    A file of a `native` is a small template: `resources`, `outputs` and `parameters` for Heat, `Resources`, `Outputs` and
    `Parameters` for CloudFormation. A file of an `override` has `properties` (`Properties`). Other sections would be lost.
    """

    code: ClassVar = "BPC473"
    message: ClassVar = "this file cannot be taken over: {problem}"
    problem: str


class UnusedValue(Diagnostic):
    """`parameters` of a `native` or `override` gives a value that none of its files asks for. A file asks with `get_param` (Heat), or
    with `Ref` or `${{NAME}}` (CloudFormation).
    """

    code: ClassVar = "BPC474"
    message: ClassVar = 'no file asks for the parameter "{name}"'
    advice: ClassVar = "remove it, or use it in the file"
    name: str


class NoValue(Diagnostic):
    """A file of a `native` declares a parameter without a default, and `parameters` has no value for it."""

    code: ClassVar = "BPC475"
    message: ClassVar = 'the parameter "{name}" of "{file}" has no value'
    advice: ClassVar = "write `parameters = {{ {name} = … }}`, or give it a default in the file"
    name: str
    file: str


class NoNative(Diagnostic):
    """A `native` has a file for each cloud on which it is. A solution that is compiled for another cloud would lack what it is.

    Write a file for that cloud. Where it needs nothing there, say so with an empty name: `heat = ""`.
    """

    code: ClassVar = "BPC476"
    message: ClassVar = 'native "{name}" has no file for {cloud}'
    advice: ClassVar = 'write `{cloud} = "FILE"`, or `{cloud} = ""` if nothing of it is needed there'
    name: str
    cloud: str


class NothingOverridden(Diagnostic):
    """An `override` names a resource by its id in the stack, as the template and `bpc where` have it. A member's own
    resources on Heat are named `tier.NAME/server` and the like.
    """

    code: ClassVar = "BPC477"
    message: ClassVar = 'the stack has no resource "{name}" to override'
    advice: ClassVar = "compile without the override, and look for the id in the template"
    name: str


class UnknownReference(Diagnostic):
    """A file of a `native` or `override` refers to something that is neither in the file nor in the stack, or uses a function that has
    no meaning there.
    """

    code: ClassVar = "BPC478"
    message: ClassVar = '"{file}" refers to "{name}", which is neither in it nor in the stack'
    advice: ClassVar = "use an id of the file, one of the stack's template, or a name of `parameters`"
    name: str
    file: str
