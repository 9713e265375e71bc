"""BPC2xx: names that mean nothing, or two things."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class UnknownName(Diagnostic):
    """A name is used that is not declared in this scope.

    In a tier one sees what the solution declares (`let`, `param`, `secret`, networks, tiers), the file's images and `let`s, and
    the aliases of imported files. An image template sees its own `param`s and `let`s and its file's names, never a solution's: what
    it needs is passed as an argument.
    """

    code: ClassVar = "BPC201"
    message: ClassVar = 'the name "{name}" is not defined here'
    name: str


class DeclaredTwice(Diagnostic):
    """Two declarations in one scope have the same name, or two files of an image template the same path. Rename one of them, or remove one.

    A template may declare a file again that the template in its `from` has: its own is used.
    """

    code: ClassVar = "BPC202"
    message: ClassVar = '"{name}" is declared twice'
    advice: ClassVar = "give one of the two another name"
    name: str


class ImportCycle(Diagnostic):
    """Files import each other in a cycle. Move what both need into a third file."""

    code: ClassVar = "BPC203"
    message: ClassVar = "these files import each other: {cycle}"
    advice: ClassVar = "move what both need into a file of its own"
    cycle: str


class UnknownMember(Diagnostic):
    """The name after a dot does not exist: `images.prxy`, `app.htp`, `app.api.adress`."""

    code: ClassVar = "BPC204"
    message: ClassVar = '{what} has no "{name}"'
    what: str
    name: str


class NoSolution(Diagnostic):
    """The file that is compiled declares no solution. A file of image templates is imported, not compiled.

    Declare one: `solution shop { version = "1.0.0" … }`.
    """

    code: ClassVar = "BPC205"
    message: ClassVar = "this file does not declare a solution"
    advice: ClassVar = "compile the file that has the `solution` block; this one can be imported there"


class SecondSolution(Diagnostic):
    """A file declares more than one solution, or an imported file declares one. One blueprint is one solution."""

    code: ClassVar = "BPC206"
    message: ClassVar = "a blueprint must have one solution, in the file that is compiled"
    advice: ClassVar = "move it to a blueprint of its own"


class UnknownEnvironment(Diagnostic):
    """`--env` names an environment that the solution does not declare."""

    code: ClassVar = "BPC207"
    message: ClassVar = 'the solution has no environment "{name}"'
    name: str


class UnknownSetName(Diagnostic):
    """`--set` names something that is neither a `let` nor a `param` of the solution."""

    code: ClassVar = "BPC208"
    message: ClassVar = '`--set {name}`: the solution has no `let` or `param` named "{name}"'
    name: str


class EnvironmentAdds(Diagnostic):
    """An environment changes a `let`, tier or block that the solution does not declare.

    An environment is the same solution with some settings changed; it cannot add what is not there.
    """

    code: ClassVar = "BPC209"
    message: ClassVar = 'the solution has no {what} "{name}" that this environment could change'
    what: str
    name: str


class Unused(Diagnostic):
    """A `let` or `param` that nothing uses: often a misspelt name somewhere else, or a text that was to have its value.

    A value is put into a text with `${name}`, and into a Jinja template with `{{ name }}`. What an environment's `let` changes
    counts as used only where something reads it. Remove what is not needed.
    """

    code: ClassVar = "BPC220"
    severity: ClassVar = "warning"
    message: ClassVar = 'nothing uses the {what} "{name}"'
    advice: ClassVar = "use it, as ${{{name}}} in a text, or remove it"
    what: str
    name: str


class NotInserted(Diagnostic):
    """A text has the name of a value in the way that a shell, Jinja or another language inserts it; here it is plain text.

    In a text of a blueprint a value is inserted with `${name}`; in a Jinja template with `{{ name }}`. Where the text is
    meant as it is, `\\$name` in the blueprint says so. A name that the text itself assigns (`name=…`) is taken for its own.
    """

    code: ClassVar = "BPC221"
    severity: ClassVar = "warning"
    message: ClassVar = '"{written}" is plain text here: the value of "{name}" is not inserted'
    advice: ClassVar = "write {meant}"
    written: str
    name: str
    meant: str
