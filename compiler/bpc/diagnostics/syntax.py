"""Diagnostics of the syntax stage: what cannot be read as a blueprint."""

from __future__ import annotations

from bpc.diagnostics.base import Diagnostic


class UnexpectedToken(Diagnostic):
    """Something is where the language does not allow it.

    The message names what is expected there. The rest of the statement is not read; reading goes on at the next one, so
    that one run shows all mistakes.

        count 3          # count = 3
        packages ["a"]   # packages = ["a"]
    """

    code = "BPC101"
    message = "expected {expected}{after}, found {found}"

    expected: str
    after: str
    found: str


class UnexpectedEnd(Diagnostic):
    """The file ends in the middle of something, mostly because a bracket was not closed.

    A note shows the bracket that is still open. Often the missing one is that of a block further down: the note names
    the bracket that most likely is the one, judged by how the lines are indented.

        tier web {
          count = 3
        # the file ends here, without "}"
    """

    code = "BPC102"
    message = "expected {expected}{after}, found the end of the file"

    expected: str
    after: str


class UnterminatedString(Diagnostic):
    """A string has no closing quote.

    A string in single quotes (`"..."`) ends on its line. Text of several lines is written between `\"\"\"` and `\"\"\"`.

        url = "http://example.org      # "http://example.org"
    """

    code = "BPC103"
    message = "this string is not closed"
    advice = 'end it with {quote} (text of several lines is written between """ and """)'

    quote: str


class BadEscape(Diagnostic):
    r"""A backslash in a string is followed by a character that does not form an escape with it.

    Known are `\n` (new line), `\t` (tab), `\"`, `\\`, `\$` (a dollar that begins no interpolation) and `\u{1F600}` (a
    character by its number in hexadecimal). A backslash that is meant as such is written twice.

        path = "C:\data"      # "C:\\data"
    """

    code = "BPC104"
    message = '"{escape}" is not a valid escape in a string'
    advice = r"escapes are \n \t \" \\ \$ and \u{{...}}; a backslash itself is written \\"

    escape: str


class UnknownUnit(Diagnostic):
    """A number is followed by letters that are not a unit.

    Sizes are written in KiB, MiB, GiB and TiB (powers of 1024), durations in ms, s, min, h and d, shares in %.

        memory = 4GB      # 4GiB
        pause  = 30sec    # 30s
    """

    code = "BPC105"
    message = '"{unit}" is not a valid unit'
    advice = "units are {units}"

    unit: str
    units: str


class IllegalCharacter(Diagnostic):
    """A character that has no meaning outside of strings and comments.

    Names are made of the letters a to z, digits, `_` and `-`. Other characters are allowed in strings and comments. Blanks
    that a word processor or a web page made (such as the no-break space) are replaced by plain ones.

        name = „web“      # name = "web"
    """

    code = "BPC106"
    message = "unexpected {what}"

    what: str


class MissingHeader(Diagnostic):
    """The file does not begin with the edition of the language.

    The first statement of every blueprint names the edition that it is written in, so that later editions of the
    language can change without breaking it.

        blueprint 1
    """

    code = "BPC107"
    message = "a blueprint must begin with the edition of the language"
    advice = 'write "blueprint 1" in the first line'


class UnknownEdition(Diagnostic):
    """The file asks for an edition of the language that this bpc does not know.

    Either the number is wrong, or the blueprint was written for a newer bpc.

        blueprint 1
    """

    code = "BPC108"
    message = "edition {edition} of the language is not supported; this bpc supports edition 1"
    advice = 'write "blueprint 1", or use a newer bpc'

    edition: str


class NestedTooDeep(Diagnostic):
    """Brackets, blocks or operators are nested too deeply.

    The bound keeps a broken or hostile file from exhausting the compiler. Name a part of it with `let`.
    """

    code = "BPC109"
    message = "this is nested more than {limit} levels deep"
    advice = "name a part of it with `let`"

    limit: int


class UnknownStatement(Diagnostic):
    """A line begins like a declaration, but its first word is not one that the language knows.

    Only known words declare something; every other word at the beginning of a statement names a setting and is followed
    by `=`.

        teir web { }      # tier web { }
    """

    code = "BPC110"
    message = '"{word}" is not a keyword that declares something'
    advice = 'a setting is written "{word} = value"'

    word: str


class BadNumber(Diagnostic):
    """A number that does not mean what it looks like.

    Numbers are decimal. Leading zeros have no meaning, so a file mode is a string; a number has at most 18 digits.

        mode = 0600      # mode = "0600"
    """

    code = "BPC111"
    message = '"{number}" {problem}'

    number: str
    problem: str


class UnquotedText(Diagnostic):
    """An address, a version or a text in single quotes is used where a string in double quotes is expected.

    Only numbers, quantities, names, `true` and `false` are written without quotes.

        version = 1.4.0             # "1.4.0"
        cidr    = 10.20.1.0/24      # "10.20.1.0/24"
        name    = 'web'             # "web"
    """

    code = "BPC112"
    message = "text must be in double quotes"
    advice = 'write "{content}"'

    content: str


class StrayBracket(Diagnostic):
    """A closing bracket that closes nothing.

    Either it is one too many, or the opening one is missing or was closed by an earlier bracket.

        tier web { count = 3 } }
    """

    code = "BPC113"
    message = '"{bracket}" does not close anything'

    bracket: str


class MisplacedHeader(Diagnostic):
    """The edition of the language is named again, or after other statements.

    `blueprint 1` is the first statement of a file and may not be repeated.
    """

    code = "BPC114"
    message = "the edition of the language must be given once, in the first statement of the file"


class TooManyMistakes(Diagnostic):
    """Reading stopped after many mistakes in one file.

    Files that are not blueprints at all end here; in others the first mistakes explain the later ones.
    """

    code = "BPC115"
    message = "there are more mistakes, which are not shown"


class UnclosedBracket(Diagnostic):
    """A `(` or `[` is still open where the block around it ends, or where a line begins that can only be a new statement.

    The note shows where that was noticed. What stands between the bracket and that place is not checked.

        packages = ["nginx", "curl"      # "]" is missing
        count    = 3
    """

    code = "BPC116"
    message = 'this "{bracket}" is not closed'

    bracket: str
