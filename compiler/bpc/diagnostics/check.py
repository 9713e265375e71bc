"""BPC3xx: blocks and settings that do not fit."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class UnknownSetting(Diagnostic):
    """A block has no setting of this name. The language reference lists the settings of each block."""

    code: ClassVar = "BPC301"
    message: ClassVar = '"{block}" has no setting "{name}"'
    block: str
    name: str


class SettingTwice(Diagnostic):
    """A setting of a block, a key of a map or an argument of a call is given twice. Keep one.

    A `for` gives a setting once for each item: write it outside.
    """

    code: ClassVar = "BPC302"
    message: ClassVar = '"{name}" is set twice'
    advice: ClassVar = "keep one of the two"
    name: str


class MissingSetting(Diagnostic):
    """A block lacks a setting that it cannot do without."""

    code: ClassVar = "BPC303"
    message: ClassVar = '"{block}" needs a setting "{name}": {says}'
    advice: ClassVar = "write `{name} = …` in the block"
    block: str
    name: str
    says: str


class Misplaced(Diagnostic):
    """A statement stands in a block that cannot have it, for example an `expose` outside a tier."""

    code: ClassVar = "BPC304"
    message: ClassVar = '"{word}" cannot stand in {block}'
    word: str
    block: str


class NotAWord(Diagnostic):
    """A setting takes one of a few bare words, and something else stands there: `bake = fully`, `bake = "full"`."""

    code: ClassVar = "BPC305"
    message: ClassVar = '"{name}" is one of {choices}'
    name: str
    choices: str


class Unsupported(Diagnostic):
    """A construct of the language that this version of bpc does not compile.

    It is refused rather than ignored: nothing that a blueprint says is dropped silently.
    """

    code: ClassVar = "BPC306"
    message: ClassVar = '"{word}" is not supported by this version of bpc'
    advice: ClassVar = "take it out to compile the rest"
    word: str


class BlockTwice(Diagnostic):
    """A block that may stand once, such as `machine`, stands twice."""

    code: ClassVar = "BPC307"
    message: ClassVar = 'a second "{word}" block'
    advice: ClassVar = "merge the two"
    word: str


class UnknownType(Diagnostic):
    """A `param` has a type that does not exist, or that cannot be asked for at deployment.

    A solution's `param` is one of bool, int, number, string, size, duration, percent, cidr, port. An image template's may
    also be an endpoint, secret, image, range, list(T) or map(T).
    """

    code: ClassVar = "BPC308"
    message: ClassVar = 'a param here cannot have the type "{name}"'
    name: str


class OneContent(Diagnostic):
    """A file or script needs its content said exactly once: by one of the settings that the message names."""

    code: ClassVar = "BPC309"
    message: ClassVar = '"{block}" needs exactly one of {choices}'
    block: str
    choices: str


class LiteralPassword(Diagnostic):
    """A text that looks like a password stands in the blueprint.

    A blueprint is kept in git, and its outputs are read by many. Declare `secret name { length = 32 }` and hand it over:
    the cloud generates the value, and no text ever has it.
    """

    code: ClassVar = "BPC310"
    severity: ClassVar = "warning"
    private: ClassVar = True
    message: ClassVar = '"{name}" looks like a secret written as text'
    advice: ClassVar = "declare `secret {name} {{ length = 32 }}` in the solution and hand it over"
    name: str


class BadLabel(Diagnostic):
    """A label does not fit its block: names of tiers, networks and so on are names; a file's label is an absolute path."""

    code: ClassVar = "BPC311"
    message: ClassVar = '"{block}" is labelled with {expected}'
    block: str
    expected: str


class NotOfPlatform(Diagnostic):
    """A `configure` block has a setting that its platform does not take: `server` is puppet's, `master` salt's.

    The language reference says of each setting whose it is.
    """

    code: ClassVar = "BPC313"
    message: ClassVar = '"{name}" is no setting of {platform}'
    name: str
    platform: str


class SecretInText(Diagnostic):
    """A text that a machine gets, or a literal of the blueprint, has what looks like a password or a key in it.

    Blueprints, templates and scripts are kept in git, images are copied, and first-boot data can be read from inside the
    machine. Declare `secret name { length = 32 }` in the solution, hand it to the image as a `param name: secret`, and
    write `${name}` in the text, or `{{ name }}` in a template: the cloud generates the value, and no file ever has it.
    Placeholders such as `<password>` and paths such as `/run/secrets/x` are not meant.
    """

    code: ClassVar = "BPC312"
    severity: ClassVar = "warning"
    private: ClassVar = True
    message: ClassVar = "this looks like {what} written as text"
    advice: ClassVar = "declare a `secret` in the solution, hand it to the image, and write its hole here"
    what: str


class NotOneLine(Diagnostic):
    """A name, path, version or identifier has a character that nobody would see there, or that ends its line.

    Such texts are written into scripts, configuration and pages, and are printed on terminals. So whatever is no free text (the
    content of a file, a script, data for a platform) is one line of printable characters: it has no control characters, no
    separators of lines, no controls of the direction of writing, no surrogates and no noncharacters.
    """

    code: ClassVar = "BPC321"
    message: ClassVar = (
        "a name, path, version or identifier is one line of printable characters, and this has {character}"
    )
    advice: ClassVar = "take the character out"
    character: str
