"""BPC3xx: blocks and settings that do not fit."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class UnknownSetting(Diagnostic):
    """The block does not have a setting of this name. The language reference lists the settings of each block."""

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
    """A block lacks a required setting."""

    code: ClassVar = "BPC303"
    message: ClassVar = '"{block}" needs the setting "{name}": {doc}'
    advice: ClassVar = "write `{name} = …` in the block"
    block: str
    name: str
    doc: str


class Misplaced(Diagnostic):
    """A statement is in a block that does not allow it, for example an `expose` outside a tier."""

    code: ClassVar = "BPC304"
    message: ClassVar = '"{word}" is not allowed in {block}'
    word: str
    block: str


class NotAWord(Diagnostic):
    """A setting takes one of a few words without quotes, and has something else: `bake = fully`, `bake = "full"`."""

    code: ClassVar = "BPC305"
    message: ClassVar = '"{name}" must be one of {choices}'
    name: str
    choices: str


class Unsupported(Diagnostic):
    """A construct of the language that this version of bpc does not compile.

    It is refused rather than ignored: nothing in a blueprint is dropped silently.
    """

    code: ClassVar = "BPC306"
    message: ClassVar = '"{word}" is not supported by this version of bpc'
    advice: ClassVar = "remove it to compile the rest"
    word: str


class BlockTwice(Diagnostic):
    """A block that is allowed only once, such as `machine`, is repeated."""

    code: ClassVar = "BPC307"
    message: ClassVar = '"{word}" may not be repeated'
    advice: ClassVar = "merge the two"
    word: str


class UnknownType(Diagnostic):
    """A `param` has a type that does not exist, or that cannot be asked for at deployment.

    A solution's `param` is one of bool, int, number, string, size, duration, percent, cidr, port. An image template's may
    also be an endpoint, secret, image, range, list(T) or map(T).
    """

    code: ClassVar = "BPC308"
    message: ClassVar = '"{name}" is not a valid type for a param here'
    name: str


class OneContent(Diagnostic):
    """The content of a file or script must be given exactly once, by one of the settings that the message names."""

    code: ClassVar = "BPC309"
    message: ClassVar = '"{block}" needs exactly one of {choices}'
    block: str
    choices: str


class LiteralPassword(Diagnostic):
    """The blueprint contains a text that looks like a password.

    A blueprint is kept in git, and its outputs are read by many. Declare `secret name { length = 32 }` and pass it as an argument:
    the cloud generates the value, and no text ever contains it.
    """

    code: ClassVar = "BPC310"
    severity: ClassVar = "warning"
    private: ClassVar = True
    message: ClassVar = '"{name}" looks like a secret written as plain text'
    advice: ClassVar = "declare `secret {name} {{ length = 32 }}` in the solution and pass it as an argument"
    name: str


class BadLabel(Diagnostic):
    """A label is not valid for its block: tiers, networks and so on are labelled with a name, files with an absolute path."""

    code: ClassVar = "BPC311"
    message: ClassVar = 'the label of "{block}" must be {expected}'
    block: str
    expected: str


class NotOfPlatform(Diagnostic):
    """A `configure` block has a setting that its platform does not take: `server` is puppet's, `master` salt's.

    The language reference names the platform of each setting.
    """

    code: ClassVar = "BPC313"
    message: ClassVar = '"{name}" is not a setting of {platform}'
    name: str
    platform: str


class SecretInText(Diagnostic):
    """A text that a machine gets, or a literal of the blueprint, contains what looks like a password or a key.

    Blueprints, templates and scripts are kept in git, images are copied, and first-boot data can be read from inside the
    machine. Declare `secret name { length = 32 }` in the solution, pass it to the image as a `param name: secret`, and
    write `${name}` in the text, or `{{ name }}` in a template: the cloud generates the value, and no file ever has it.
    Placeholders such as `<password>` and paths such as `/run/secrets/x` are not meant.
    """

    code: ClassVar = "BPC312"
    severity: ClassVar = "warning"
    private: ClassVar = True
    message: ClassVar = "this looks like {what} written as plain text"
    advice: ClassVar = "declare a `secret` in the solution, pass it to the image, and insert it here"
    what: str


class NotOneLine(Diagnostic):
    """A name, path, version or identifier has a character that nobody would see there, or that ends its line.

    Such texts are written into scripts, configuration and pages, and are printed on terminals. So whatever is not free text (the
    content of a file, a script, data for a platform) is one line of printable characters: it has no control characters, no
    separators of lines, no controls of the direction of writing, no surrogates and no noncharacters.
    """

    code: ClassVar = "BPC321"
    message: ClassVar = (
        "a name, path, version or identifier is one line of printable characters, and this has {character}"
    )
    advice: ClassVar = "take the character out"
    character: str
