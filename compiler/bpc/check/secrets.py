"""Secrets that are written as text: in a blueprint's strings, and in the project's files that a machine gets.

A guess, so it only warns. It looks at values that stand for themselves after a name such as `password`; holes, paths, words
that mean something else (`true`, `prompt`) and placeholders (`<password>`, `changeme`) are let through.
"""

from __future__ import annotations

import re

from bpc.check.calls import parameters
from bpc.diagnostics.check import LiteralPassword, SecretInText
from bpc.resolve.symbols import ImageSymbol
from bpc.source import Span
from bpc.syntax.tree import Argument, Call, Entry, Identifier, Let, Parameter, String, nodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.diagnostics.base import Diagnostic
    from bpc.diagnostics.findings import Findings
    from bpc.resolve.program import Program
    from bpc.resolve.symbols import Bindings
    from bpc.source import Source
    from bpc.syntax.tree import Expression, Node

SECRET_NAMES = ("password", "passwd", "passphrase", "secret", "token", "apikey", "api_key")

KEY = r"(?:passw(?:or)?d|passwd|pwd|passphrase|secret|token|(?:api|access|secret|private|auth)[_-]?key|(?<=[_-])pass)"
VALUE = r"""(?:\\?"(?P<double>[^"\\\n]*)\\?"|'(?P<single>[^'\\\n]*)'|(?P<bare>[^\s"'\\,;#&|<>(){}\[\]$`]+))"""
NEAR = ("passw", "pwd", "passphrase", "secret", "token", "key", "_pass", "-pass")

PATTERNS: tuple[tuple[tuple[str, ...], tuple[str, ...], str, str], ...] = (
    (NEAR, (), "a secret", rf"""(?<![\w.$-])(?<!\$\{{)[\w.-]*{KEY}\\?["']?(?P<op>[ \t]*(?::=|=>|=(?!=)|:(?![:/=]))[ \t]*){VALUE}"""),
    (("--",), NEAR, "a secret", rf"(?<!\S)--[\w-]*{KEY}[ \t]+{VALUE}"),
    (("identified by", "password '", "requirepass", "masterauth"), (), "a secret", rf"\b(?:(?:identified by|password)(?=\s+')|requirepass|masterauth)[ \t]+{VALUE}"),
    (("chpasswd",), (), "a secret", r"""["'\s][\w-]+:(?P<single>[^\s:"'\\|]+)\\?["']?\s*\|\s*(?:sudo\s+)?(?:\S{0,100}/)?chpasswd"""),
    (("</",), NEAR, "a secret", rf"<[\w.-]*{KEY}>(?P<single>[^<>\n]+)</"),
    (("://",), ("@",), "a secret", r"""(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://[^\s:/@"'\\]+:(?P<shape>[^\s/@"'\\${}<>*]+)@"""),
    (("authorization:",), (), "a secret", r"authorization:[ \t]*(?:basic|bearer|token)[ \t]+(?P<single>[\w.+/=-]+)"),
    (("mysql",), (), "a secret", r"""\bmysql\w*[ \t][^\n|;]{0,200}?(?<=[ \t])-p(?P<single>[^\s"'\\]+)"""),
    (("private key",), (), "a private key", r"(?P<shape>-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)(?!(?:\\n|\s)*[${<])"),
    (("akia", "asia"), (), "an access key", r"(?<![A-Za-z0-9])(?P<shape>A[KS]IA[0-9A-Z]{16})(?![A-Za-z0-9])"),
    (("ghp_", "gho_", "ghs_", "xox", "glpat-"), (), "a token", r"(?<!\w)(?P<shape>gh[pos]_[A-Za-z0-9]{36}|xox[abprs]-[\w-]{10,}|glpat-[\w-]{20})"),
)  # fmt: skip
"""What must stand in a text, in lower case, for a pattern to be tried: one of some words, and one of others where there are any;
what it finds; the pattern, which is compiled only then: that takes long."""

SAFE = (
    r"""[\s/~<$%{@*!(\[+-]|\./|\w+://|.*(?:\$[{(]|\{\{|%\()|.*\s$|(.)\1*$"""
    r"""|(?:[\w.]*(?:[._]|[a-z](?=[A-Z])))?(?i:password|passwd|secret|token|key|pass)$"""
    r"""|(?i:(?:your|replace|change|insert|enter|put)[_ -]?\w*|true|false|none|null|undefined|string|required|optional|prompt|trust|peer|ident|md5|scram-sha-256"""
    r"""|default|enabled|disabled|example|placeholder)$"""
)
"""A hole, a path, an address, code, a placeholder, or a word that is no secret."""
SHORTEST = 4
"""Characters of the shortest value that is taken for a secret."""
LONGEST = 1_000_000
"""Characters of a file that are searched."""


def check_secrets(program: Program, bindings: Bindings, found: Findings) -> None:
    """Warns of literals of the blueprint's files that look like secrets."""
    for module in program.modules.values():
        source = module.file.source
        if not _suspicious(source.text):
            continue
        named: set[Span] = set()
        strings = []
        for node in nodes(module.file):
            if isinstance(node, String):
                strings.append(node.span)
            for diagnostic in _named(node, bindings, named):
                found.append(diagnostic)
        for span in strings:
            for diagnostic in () if span in named else secrets_in(source, span.start, span.end):
                found.append(diagnostic)


def secrets_in(source: Source, start: int = 0, end: int | None = None) -> Iterator[SecretInText]:
    """What looks like a secret in a part of a file, each with the very place."""
    text = source.text[start : LONGEST if end is None else end]
    lowered = text.lower()
    for words, others, what, pattern in PATTERNS:
        if _one_of(words, lowered) and (not others or _one_of(others, lowered)):
            for match in re.finditer(pattern, text, re.IGNORECASE if what == "a secret" else 0):
                group = match.lastgroup or ""
                if group == "shape" or _literal(match, group):
                    place = Span(source, start + match.start(group), start + match.end(group))
                    yield SecretInText(span=place, what=what, hint="" if what == "a secret" else TAKE_OUT)


TAKE_OUT = "remove it, and revoke it where it is valid: a machine can create or fetch its own at first boot"


def _suspicious(text: str) -> bool:
    lowered = text.lower()
    return any(_one_of(words, lowered) for words, _, _, _ in PATTERNS)


def _one_of(words: tuple[str, ...], lowered: str) -> bool:
    return any(word in lowered for word in words)


def _literal(match: re.Match[str], group: str) -> bool:
    """Whether a pattern's value stands for itself. One without quotes must end there, as it does in a setting."""
    value = match[group]
    if not plausible(value):
        return False
    if group != "bare":
        return True
    rest = match.string[match.end() : match.end() + 1000].partition("\n")[0]
    tight = (match.groupdict().get("op") or "=") == "="
    if re.match(
        r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:[(\[$]|\s*[,)])|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?:\W|$)", value + rest
    ):
        return any(char.isdigit() for char in value) and rest[:1] not in ("(", "[", "$")
    return bool(re.match(r"""["'\\,;&|)}]|\s*(?:[;#,}].*)?$""" + (r"|\s" if tight else ""), rest))


def plausible(value: str) -> bool:
    """Whether a value may be a secret: long enough, and no hole, path, placeholder or ordinary word."""
    return len(value) >= SHORTEST and not (value.isdigit() and len(value) < 6) and not re.match(SAFE, value.strip("\r"))


def _named(node: Node, bindings: Bindings, named: set[Span]) -> Iterator[Diagnostic]:
    """Literals that a name says to be secret: a `let`, a `param`'s default, a map's entry, an argument of a template."""
    match node:
        case Let(name=name, value=value) | Parameter(name=name, default=value):
            yield from _password(name.text, value, named)
        case Entry(key=Identifier(text=text), value=value):
            yield from _password(text, value, named)
        case Entry(key=String(parts=(str(text),)), value=value):
            yield from _password(text, value, named)
        case Call():
            for argument in node.arguments:
                if argument.name is not None and not _asks_for_secret(node, argument, bindings):
                    yield from _password(argument.name.text, argument.value, named)


def _password(name: str, value: Expression | None, named: set[Span]) -> Iterator[Diagnostic]:
    if isinstance(value, String) and any(word in name.lower() for word in SECRET_NAMES):
        parts = value.parts
        if len(parts) == 1 and isinstance(parts[0], str) and not re.match(SAFE, parts[0]):
            named.add(value.span)
            yield LiteralPassword(span=value.span, name=name)


def _asks_for_secret(node: Call, argument: Argument, bindings: Bindings) -> bool:
    """Whether the template's parameter is a `secret`: then a text is an error, which is told elsewhere."""
    template = bindings.get(node.function)
    param = (
        parameters(template.block).get(argument.name.text)
        if isinstance(template, ImageSymbol) and argument.name
        else None
    )
    return param is not None and param.type.name == "secret"
