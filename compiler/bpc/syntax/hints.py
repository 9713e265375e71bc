"""What was meant by something that the grammar has no place for: habits of other languages, forgotten quotes, commas and names.

Each rule looks at a mistake and gives a hint or nothing; the first hint is shown. Loaded at the first mistake.
"""

from __future__ import annotations

import re

from bpc.syntax._tables import FIRST_KEYWORD, KEYWORDS, KINDS, OPERATORS
from bpc.syntax.lexer import BODY, CLOSERS, END, EQUAL, NAME, NUMBER, QUANTITY, SEP, STRING, meant_unit
from bpc.vocabulary import DURATIONS, PARAM_TYPES, SIZES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from bpc.diagnostics.base import Diagnostic
    from bpc.syntax.lexer import Token
    from bpc.syntax.recovery import Mistake

    Rule = Callable[[Mistake], str]

BLOCK_KINDS = {KINDS.index(kind) for kind in ("BLOCK", "ITEM", "GROUP")}
LABELLED = {KINDS.index(kind) for kind in ("BLOCK", "ITEM")}
COLON = OPERATORS[":"]
COMMENT = "a comment begins with #"
QUOTES = "text must be in double quotes: "
TIER = "machines are declared with `tier NAME { … }`"
LET = "write `let NAME = value`"
IMPORT = 'write `import "file.bp" as name`'
ENVIRONMENT = "write `environment NAME { … }`"
SOLUTION = "write `solution NAME { … }`"
EXPOSE = "write `expose NAME { port = 80 }`"
RUN = 'write `run "title" { text = "…" }`'
PACKAGES = 'write `packages = ["NAME"]`'
LOOP = "write `for item in list { … }`"
ALLOW = "write `allow ENDPOINT from CIDR` in the tier"
VOLUME = 'write `volume NAME { size = 100GiB, mount = "/data" }`'
PARAM = "write `param NAME: type` for a value that is asked for at deployment, or `let NAME = value` for one that is known when you compile"
STATEMENTS = {
    **dict.fromkeys(
        ("resource", "resources"), "machines are declared with `tier NAME { … }`, networks with `network NAME { … }`"
    ),
    **dict.fromkeys(
        ("server", "servers", "vm", "instance", "node", "nodes", "host", "container", "group", "database", "role"), TIER
    ),
    **dict.fromkeys(("variable", "variables", "parameter", "parameters", "input", "inputs"), PARAM),
    **dict.fromkeys(("locals", "local", "var", "const", "set", "def", "val", "define"), LET),
    **dict.fromkeys(("module", "include", "use", "using", "load", "source"), IMPORT),
    **dict.fromkeys(("env", "stage", "workspace"), ENVIRONMENT),
    **dict.fromkeys(("stack", "project", "app", "application", "deployment"), SOLUTION),
    **dict.fromkeys(("port", "listen", "endpoint", "expose_port", "publish"), EXPOSE),
    **dict.fromkeys(("script", "exec", "command", "shell", "cmd"), RUN),
    **dict.fromkeys(("package", "install", "apt", "yum", "dnf"), PACKAGES),
    **dict.fromkeys(("while", "foreach", "each", "loop", "repeat"), LOOP),
    **dict.fromkeys(("firewall", "rule", "permit", "ingress", "security_group"), ALLOW),
    **dict.fromkeys(("disk", "mount", "storage"), VOLUME),
    **dict.fromkeys(("subnet", "vpc", "net"), "write `network NAME { cidr = … }`"),
    "password": "write `secret NAME { length = 32 }`",
    "provider": "a blueprint does not name the cloud: it is chosen when the stack is deployed",
    "terraform": "a blueprint begins with `blueprint 1` and declares `solution NAME { … }`",
    "data": 'nothing is looked up in a cloud; a ready image is named with `from = cloud_image("NAME")`',
    "export": "write `expose NAME { port = 80 }` for a port, or `output NAME = value` for a value",
    "outputs": "write `output NAME = value` for each value",
    "if": "a condition is part of a value: `count = 3 if large else 1`",
    "function": "a blueprint declares no functions: name a value with `let`",
    "depends": "a tier starts after the tiers whose endpoints it is given",
    "repo": 'write `repository NAME { url = "https://…", suite = "…", key = "FILE" }`',
    "copy": 'write `file "/path" { source = "…" }`',
    "template": 'write `image NAME { … }`, or `file "/path" { template = "…" }`',
}
"""How something is declared that other languages declare with the word."""

EXAMPLES = {
    "solution": 'solution shop { version = "1.0.0" }',
    "image": 'image web { from = debian("12") }',
    "network": 'network front { cidr = "10.0.0.0/24" }',
    "tier": "tier web { … }",
    "expose": "expose http { port = 80 }",
    "volume": 'volume data { size = 100GiB, mount = "/data" }',
    "environment": "environment test { … }",
    "file": 'file "/path" { text = "…" }',
    "artifact": 'artifact "/opt/app" { source = "…", version = "…", licence = "…", sha256 = "…" }',
    "run": 'run "title" { text = "…" }',
    "repository": 'repository vendor { url = "https://…", suite = "stable", key = "files/vendor.asc" }',
    "secret": "secret password { length = 32 }",
    "service": "service nginx",
    "user": "user deploy",
}
"""A block of each kind that has a label."""


def hint(mistake: Mistake) -> str:
    """What to write instead; empty where nobody can know."""
    for rule in RULES:
        found = rule(mistake)
        if found:
            return found
    return ""


def _rest(mistake: Mistake) -> str:
    return mistake.source.text[mistake.start : mistake.start + 200]


def _token(mistake: Mistake, back: int) -> Token:
    """The token so many places before the mistake; the end of the file where there is none."""
    at = mistake.at - back
    return mistake.found[at] if at >= 0 else (END, "", 0)


def _touches(mistake: Mistake) -> bool:
    """Whether nothing stands between the token before and the mistake."""
    before = mistake.before
    return before is not None and before is _token(mistake, 1) and before[2] + len(before[1]) == mistake.start


def _is_word(token: Token) -> bool:
    return token[0] == NAME or token[0] >= FIRST_KEYWORD


def _inline(mistake: Mistake) -> bool:
    """Whether the token before is on the same line."""
    before = mistake.before
    return before is not None and "\n" not in mistake.source.text[before[2] + len(before[1]) : mistake.start]


# ---- the rules


def _other_format(mistake: Mistake) -> str:
    if mistake.before is None and mistake.text in ("{", "[", "-", "<"):
        return "a blueprint is a language of its own, not JSON, YAML or XML: it begins with `blueprint 1`"
    return ""


def _brace_below(mistake: Mistake) -> str:
    if mistake.kind == SEP and mistake.found[mistake.at + 1][0] == BODY:
        head = mistake.source.text[: mistake.start].rpartition("\n")[2].strip()
        return f'"{{" must be on the same line: `{head} {{`'
    return ""


def _heredoc(mistake: Mistake) -> str:
    if re.match(r"<<[-~]?\s*['\"]?\w", _rest(mistake)):
        return 'text of several lines is written between """ and """'
    return ""


def _comment(mistake: Mistake) -> str:
    return COMMENT if _comment_end(mistake) else ""


def _comment_end(mistake: Mistake) -> str:
    """What ends a comment of another language that begins at the mistake; empty where none begins."""
    rest = _rest(mistake)
    if mistake.source.text[mistake.start - 1 : mistake.start] == ":" or _touches(mistake):
        return ""
    return "*/" if rest.startswith("/*") else "\n" if rest.startswith(("//", "--")) else ""


def _assignment(mistake: Mistake) -> str:
    """`name: value`, `name == value`, `name => value`, `name := value`, `name += value`."""
    text, name = mistake.source.text, _token(mistake, 1)
    sign = re.match(r"==|[:+-]=|:(?!//)|=>|->", text[mistake.start : mistake.start + 3])
    if name[0] == EQUAL and mistake.text == ">":
        sign, name = re.match(">", ">"), _token(mistake, 2)
    if sign is None or not _is_word(name):
        return ""
    value = re.match(r"[ \t]*([^\n,{}#]*)", text[mistake.start + len(sign[0]) :])
    shown = value[1].strip() if value else ""
    return f'a value is set with "=": `{name[1]} = {shown if 0 < len(shown) <= 40 else "…"}`'


def _unquoted(mistake: Mistake) -> str:
    """A path, an address or a name with a dot without its quotes."""
    text = mistake.source.text
    start = mistake.start
    before = mistake.before
    if _touches(mistake) and before is not None and mistake.text in (".", "/", ":", "-", "*", "%"):
        start = before[2] if _is_word(before) or before[0] in (NUMBER, QUANTITY) else start
    elif not (mistake.text in ("/", ".", "*") and _takes_text(mistake)):
        return ""
    while start > 0 and text[start - 1] in "./-:@~" and text[start - 1 : start + 1] != "..":
        start -= 1
    word = re.match(r"[^\s,{}()\[\]\"'=#]+", text[start:])
    return f'{QUOTES}"{word[0]}"' if word and len(word[0]) > 1 and not re.fullmatch(r"[0-9.]+", word[0]) else ""


def _takes_text(mistake: Mistake) -> bool:
    from bpc.syntax.expected import accepted_kinds

    return STRING in accepted_kinds(mistake.stack.states)


def _range(mistake: Mistake) -> str:
    line = mistake.source.text[: mistake.start].rpartition("\n")[2] + _rest(mistake).partition("\n")[0]
    found = re.search(r"(\d+)\s*(?:\.\.\.+|to|until|through)\s*(\d+)", line)
    meant = mistake.text in ("to", "until", "through") or "..." in line[-60:]
    return f"a range is written {found[1]}..{found[2]}" if found and meant else ""


def _unit(mistake: Mistake) -> str:
    """`100 GiB`, `4 gigabytes`."""
    before = mistake.before
    if before is None or before[0] != NUMBER or not _is_word((mistake.kind, mistake.text, 0)) or not _inline(mistake):
        return ""
    unit = mistake.text if mistake.text in (*SIZES, *DURATIONS) else meant_unit(mistake.text)
    return f"a unit follows its number without a space: {before[1]}{unit}" if unit else ""


def _block_with_equals(mistake: Mistake) -> str:
    """`tier = "web" {` and `network front = {`."""
    last, sign, name = _token(mistake, 1), _token(mistake, 2), _token(mistake, 3)
    if mistake.kind == BODY and sign[0] == EQUAL and KEYWORDS.get(name[1]) in BLOCK_KINDS:
        label = last[1] if name[1] in ("file", "artifact", "run") else last[1].strip('"')
        return f'a block is written without "=": `{name[1]} {label} {{`'
    if mistake.kind == EQUAL and sign[0] in LABELLED:
        return f'a block is written without "=": `{sign[1]} {last[1]} {{`'
    return ""


def _param(mistake: Mistake) -> str:
    name, word = _token(mistake, 1), _token(mistake, 2)
    if word[1] != "param" or mistake.kind not in (EQUAL, SEP, END, BODY):
        return ""
    value = mistake.found[mistake.at + 1] if mistake.kind == EQUAL else (END, "", 0)
    default = f" = {value[1]}" if value[0] != END and value[1] else ""
    return f"a param has a type: `param {name[1]}: {_type_of(value)}{default}`; types are {', '.join(PARAM_TYPES)}"


def _type_of(value: Token) -> str:
    kind, text, _ = value
    if kind == NUMBER:
        return "number" if "." in text else "int"
    if kind == QUANTITY:
        unit = text.lstrip("0123456789_.")
        return "size" if unit in SIZES else "duration" if unit in DURATIONS else "percent"
    if text in ("true", "false"):
        return "bool"
    return "cidr" if re.fullmatch(r'"[0-9a-fA-F.:]+/[0-9]+"', text) else "string"


def _import(mistake: Mistake) -> str:
    path, word = _token(mistake, 1), _token(mistake, 2)
    if word[1] != "import" or path[0] != STRING:
        return ""
    stem = re.sub(r"\W", "_", path[1].strip('"').rpartition("/")[2].partition(".")[0])
    return f"a file is imported under a name: `import {path[1]} as {stem or 'name'}`"


def _header(mistake: Mistake) -> str:
    return "write `blueprint 1`" if _token(mistake, 1)[1] == "blueprint" else ""


def _output(mistake: Mistake) -> str:
    name, word = _token(mistake, 1), _token(mistake, 2)
    if mistake.kind == BODY and word[1] in ("output", "let"):
        return f"write `{word[1]} {name[1]} = value`"
    return ""


def _label(mistake: Mistake) -> str:
    """A block without its label, or without its body."""
    for back in (1, 2):
        word = _token(mistake, back)
        if word[1] in EXAMPLES and word[0] in LABELLED and (back == 1 or mistake.kind in (SEP, END)):
            return f"for example: `{EXAMPLES[word[1]]}`"
    return ""


def _statement(mistake: Mistake) -> str:
    return statement_hint(_token(mistake, 1)[1]) if mistake.begins_statement() else ""


def _list(mistake: Mistake) -> str:
    before = _token(mistake, 1)
    if mistake.text == "-" and before[0] in (SEP, BODY, COLON, END):
        return 'a list is written `name = ["a", "b"]`'
    return ""


def _prefix(mistake: Mistake) -> str:
    before = mistake.before
    if mistake.kind == STRING and before is not None and _touches(mistake) and before[1] in ("f", "r", "b", "u"):
        return 'a string has no prefix: "${name}" inserts a value'
    return ""


def _comma(mistake: Mistake) -> str:
    """Two things on one line with nothing between them."""
    before = mistake.before
    starts = _is_word((mistake.kind, mistake.text, 0)) or mistake.kind in (STRING, NUMBER, QUANTITY)
    if before is None or not starts or not _inline(mistake):
        return ""
    from bpc.syntax.expected import accepted_kinds

    if SEP not in accepted_kinds(mistake.stack.states):
        return ""
    first = re.split(r"[,{(\[\n]", mistake.source.text[: before[2] + len(before[1])])[-1].strip()
    between = f"{first if len(first) <= 30 else '…'}, {_shown((mistake.kind, mistake.text, 0))}"
    return f"separate them with a comma or a new line: `{between}`" if mistake.open or before[0] in CLOSERS else ""


def _shown(token: Token) -> str:
    return token[1] if len(token[1]) <= 20 else "…"


RULES: tuple[Rule, ...] = (
    _other_format,
    _brace_below,
    _heredoc,
    _comment,
    _param,
    _block_with_equals,
    _header,
    _list,
    _range,
    _assignment,
    _unquoted,
    _unit,
    _import,
    _output,
    _label,
    _statement,
    _prefix,
    _comma,
)


def statement_hint(word: str) -> str:
    """How something is declared that begins with a word of another language; empty where nobody knows."""
    return STATEMENTS.get(word.lower(), "")


# ---- going on behind what is known


def resume(mistake: Mistake, diagnostics: list[Diagnostic]) -> int:
    """Where reading goes on when it is known what was meant; -1 where it is not."""
    if _brace_below(mistake):
        del mistake.found[mistake.at]
        return mistake.at
    end = _comment_end(mistake)
    if end and mistake.before is not None:
        at = _behind(mistake, mistake.source.text.find(end, mistake.start) + (2 if end == "*/" else 0), diagnostics)
        while at > 0 and mistake.found[at][0] == SEP and mistake.found[mistake.at - 1][0] in (SEP, BODY):
            at += 1
        return at
    return -1


def heredoc_end(mistake: Mistake, diagnostics: list[Diagnostic]) -> int:
    """The token behind a heredoc that begins at the mistake; -1 where none does."""
    text = mistake.source.text
    mark = re.match(r"<<[-~]?\s*['\"]?(\w+)", text[mistake.start : mistake.start + 80])
    if mark is None:
        return -1
    close = re.compile(rf"^[ \t]*{mark[1]}[ \t]*$", re.MULTILINE).search(text, mistake.start + mark.end())
    return -1 if close is None else _behind(mistake, close.end(), diagnostics)


def _behind(mistake: Mistake, offset: int, diagnostics: list[Diagnostic]) -> int:
    """The first token from a character on; what was found wrong before it, behind the mistake, is taken back."""
    if offset < 0:
        return -1
    diagnostics[:] = [d for d in diagnostics if not mistake.start < d.span.start < offset]
    at = mistake.at
    while mistake.found[at][0] != END and mistake.found[at][2] + len(mistake.found[at][1]) <= offset:
        at += 1
    return at
