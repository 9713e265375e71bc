"""BPC45x: constraints of params, and params of the type image."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class ConstraintBroken(Diagnostic):
    """The value of a param is not what its constraints ask for: its default, what an environment or `--set` says instead, or one
    of the values that `allowed` lists.

    ```
    param size: int = 12 { min = 1, max = 9 }
    ```

    The cloud asks for the same when the stack is deployed. Change the value or the constraint.
    """

    code: ClassVar = "BPC451"
    message: ClassVar = 'param "{name}": expected {expected}, found {found}'
    name: str
    expected: str
    found: str


class BadPattern(Diagnostic):
    """A pattern cannot be used as a constraint.

    It is judged by three engines: bpc's and Heat's, which are Python's, and CloudFormation's, which is Java's. So it is of what all read alike: characters,
    `.`, classes such as `[a-z]` and `[^/]`, `\\d \\w \\s` (of ASCII) and their opposites, `\\n` and `\\t`, groups `( )`, `|`, and `* + ? {3} {1,8}`. It is
    about the whole value, with or without `^` and `$` around it. There is no looking ahead or back, no reference to a group, no lazy repetition.

    A text has one way through a pattern: an engine that goes back would try every other one, and of `(a+)+` there are billions. `[a-z]+[a-z0-9]*` is
    `[a-z][a-z0-9]*`, and `.+@.+` is `[^@]+@.+`.
    """

    code: ClassVar = "BPC452"
    message: ClassVar = "this pattern cannot be used: {problem}"
    problem: str


class NoSuchConstraint(Diagnostic):
    """A param cannot have this constraint: `min` and `max` are for numbers, sizes, durations, percentages and ports; `min_length`,
    `max_length` and `pattern` for strings; `allowed` for all of these, for `cidr` and for `image`.

    The params of image templates have none: what a template is given may be known only when the stack runs. The solution's param, where the
    value comes from, has the constraints.
    """

    code: ClassVar = "BPC453"
    message: ClassVar = "a param of {what} has no `{name}`"
    what: str
    name: str


class NoImage(Diagnostic):
    """A param of the type `image` has no value. Which image template the machines are made from is decided at compile time: by a default,
    by `let NAME = TEMPLATE` in an environment, or by `--set NAME=TEMPLATE`.
    """

    code: ClassVar = "BPC454"
    message: ClassVar = 'param "{name}" has no image, which must be known at compile time'
    advice: ClassVar = (
        "choose one with `--set {name}=TEMPLATE` or `let {name} = TEMPLATE` in an environment, or write a default"
    )
    name: str
