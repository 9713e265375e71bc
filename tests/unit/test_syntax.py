"""The parser: what texts mean, where things stand in them, and what is said about mistakes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lark import Lark, Token

from bpc.record import Record, fields
from bpc.source import Source
from bpc.syntax import lexer, parse, parse_expression, tree

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(__file__).parent / "syntax"


def sample(name: str) -> Source:
    return Source(name, (SAMPLES / name).read_text(encoding="utf-8"))


def samples() -> list[Source]:
    return [sample(path.name) for path in sorted(SAMPLES.glob("*.bp"))]


def statements(text: str) -> tuple[tree.Statement, ...]:
    file, diagnostics = parse(Source("t.bp", "blueprint 1\n" + text))
    assert not diagnostics, [diagnostic.text for diagnostic in diagnostics]
    return file.statements


def mistakes(text: str) -> list[str]:
    """`line:column code text` of each diagnostic."""
    source = Source("t.bp", text)
    found = []
    for diagnostic in parse(source)[1]:
        line, column = source.location(diagnostic.span.start)
        found.append(f"{line}:{column} {diagnostic.code} {diagnostic.text}")
    return found


def expression(text: str) -> tree.Expression:
    value, diagnostics = parse_expression(Source("e", text))
    assert not diagnostics, [diagnostic.text for diagnostic in diagnostics]
    assert value is not None
    return value


def short(value: object) -> str:
    """An expression as brackets and operators."""
    match value:
        case tree.Binary(operator=operator, left=left, right=right):
            return f"({short(left)} {operator} {short(right)})"
        case tree.Unary(operator=operator, operand=operand):
            return f"({operator} {short(operand)})"
        case tree.Conditional(condition=condition, then=then, otherwise=otherwise):
            return f"({short(then)} if {short(condition)} else {short(otherwise)})"
        case tree.RangeLiteral(low=low, high=high):
            return f"({short(low)} .. {short(high)})"
        case tree.Attribute(target=target, name=name):
            return f"{short(target)}.{name.text}"
        case tree.Index(target=target, index=index):
            return f"{short(target)}[{short(index)}]"
        case tree.Call(function=function, arguments=arguments):
            return f"{short(function)}({', '.join(map(short, arguments))})"
        case tree.Argument(name=name, value=inner):
            return f"{name.text}={short(inner)}" if name else short(inner)
        case tree.ListLiteral(items=items):
            return f"[{', '.join(map(short, items))}]"
        case tree.MapLiteral(entries=entries):
            return "{" + ", ".join(f"{short(entry.key)}={short(entry.value)}" for entry in entries) + "}"
        case tree.Comprehension(element=element, variable=variable, iterable=iterable, condition=condition):
            tail = f" if {short(condition)}" if condition else ""
            return f"[{short(element)} for {variable.text} in {short(iterable)}{tail}]"
        case tree.String(parts=parts):
            return '"' + "".join(part if isinstance(part, str) else "${" + short(part) + "}" for part in parts) + '"'
        case tree.Quantity(number=number, unit=unit):
            return f"{number}{unit}"
        case tree.Name(text=text) | tree.Identifier(text=text):
            return text
        case tree.Boolean(value=inner) | tree.Number(value=inner):
            return str(inner)
    raise AssertionError(value)


def nodes(value: object) -> list[tree.Node]:
    """All nodes in a value, the value first."""
    if isinstance(value, tuple) and not hasattr(value, "source"):
        return [node for item in value for node in nodes(item)]
    if not isinstance(value, Record):
        return []
    inner = [node for _, field in fields(value) for node in nodes(field)]
    return [value, *inner] if isinstance(value, tree.Node) else inner


# ---- the samples


def test_solution_of_the_design() -> None:
    file, diagnostics = parse(sample("solution.bp"))
    assert not diagnostics
    assert file.edition == 1
    imported, solution = file.statements
    assert isinstance(imported, tree.Import) and isinstance(solution, tree.Block)
    assert (short(imported.path), imported.alias.text) == ('"images.bp"', "images")
    assert solution.doc == "Web shop: a proxy tier, an application tier and a database."
    kinds = [f"{s.keyword} {short(s.label)}" if isinstance(s, tree.Block) else type(s).__name__ for s in solution.body]
    assert kinds == [
        "Setting", "Parameter", "Let", "secret db_password", "network front", "network back",
        "tier web", "tier app", "tier db", "Output", "environment test", "environment production",
    ]  # fmt: skip
    web = solution.body[6]
    assert isinstance(web, tree.Block)
    said = [(s.name.text, short(s.value)) for s in web.body if isinstance(s, tree.Setting)]
    assert said == [("image", "images.proxy(upstream=app.api)"), ("count", "(2 .. 10)"), ("network", "front")]
    machine = web.body[1]
    assert isinstance(machine, tree.Block) and machine.label is None
    assert [short(s.value) for s in machine.body if isinstance(s, tree.Setting)] == ["1", "1GiB", "10GiB"]
    allow = solution.body[8].body[-1]  # type: ignore[union-attr]
    assert isinstance(allow, tree.Allow)
    assert (allow.endpoint.text, short(allow.origin)) == ("sql", "admin_cidr")
    output = solution.body[9]
    assert isinstance(output, tree.Output) and short(output.value) == '"http://${web.http.host}/"'


def test_images_of_the_design() -> None:
    file, diagnostics = parse(sample("images.bp"))
    assert not diagnostics
    base, proxy, shop = file.statements
    assert isinstance(base, tree.Block) and isinstance(proxy, tree.Block) and isinstance(shop, tree.Block)
    assert base.doc == "What every machine of ours carries."
    assert short(base.body[0].value) == 'debian("12")'  # type: ignore[union-attr]
    service = proxy.body[-1]
    assert isinstance(service, tree.Block)
    assert (service.keyword, short(service.label), service.body) == ("service", "nginx", ())
    assert [short(s.label) for s in shop.body if isinstance(s, tree.Block)] == [
        '"/opt/shop"', '"create the virtual environment"', '"/etc/shop.env"', "shop",
    ]  # fmt: skip
    text = shop.body[6].body[0].value  # type: ignore[union-attr]
    assert short(text) == '"DATABASE_URL=postgresql://shop:${password}@${database.host}:${database.port}/shop"'


def test_reserved_constructs_are_read_and_kept_by_name() -> None:
    file, diagnostics = parse(sample("reserved.bp"))
    assert not diagnostics
    found = [node.keyword for node in nodes(file.statements) if isinstance(node, tree.Reserved)]
    assert found == ["cloud", "cloud", "policy", "licences", "sources", "require", "place", "place"]


def test_every_node_stands_inside_its_parent() -> None:
    for source in samples():
        for node in nodes(parse(source)[0].statements):
            for _, field in fields(node):
                for child in nodes(field):
                    assert node.span.start <= child.span.start <= child.span.end <= node.span.end


# ---- the tables and lark


def test_tables_are_fresh() -> None:
    command = [sys.executable, str(ROOT / "grammar/generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class Newlines:
    """The rule for newlines that blueprint.lark states, for lark's own lexer."""

    always_accept = ("_SEP",)
    ends_nothing = frozenset(
        [
            "COMPARE",
            "TIMES",
            "PLUS",
            "MINUS",
            "DOT",
            "__ANON_0",
            "COLON",
            "EQUAL",
            "AND",
            "OR",
            "NOT",
            "_IN",
            "_IF",
            "_ELSE",
            "LPAR",
            "LSQB",
            "LBRACE",
        ]
    )

    def __init__(self, text: str) -> None:
        self.text = text

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        opened: list[str] = []
        before = ""
        for token in stream:
            if token.type == "_SEP" and not lexer.has_comma(token):
                inside = bool(opened) and opened[-1] != "LBRACE"
                goes_on = r"[)\]]|(and|or|if|else|for)\b" if inside else r"[)\]]"
                if (
                    not before
                    or before in self.ends_nothing
                    or re.compile(goes_on).match(self.text, token.end_pos or 0)
                ):
                    continue
            if token.type in {"LPAR", "LSQB", "LBRACE"}:
                opened.append(token.type)
            elif token.type in {"RPAR", "RSQB", "RBRACE"}:
                opened.pop()
            before = token.type
            yield token


@pytest.mark.parametrize("source", samples(), ids=lambda source: source.name)
def test_lark_reads_the_samples_with_the_same_grammar(source: Source) -> None:
    grammar = (ROOT / "grammar/blueprint.lark").read_text(encoding="utf-8")
    parser = Lark(grammar, parser="lalr", start=["file", "expression"], postlex=Newlines(source.text))
    parser.parse(source.text, start="file")


# ---- statements


def test_words_are_keywords_only_where_they_declare() -> None:
    tier, setting, argument = statements("tier output { from = 1 }\nimage = 2\nx = f(for = 3, image = image)")
    assert isinstance(tier, tree.Block) and short(tier.label) == "output"
    assert isinstance(setting, tree.Setting) and setting.name.text == "image"
    assert short(argument.value) == "f(for=3, image=image)"  # type: ignore[union-attr]


def test_labels_may_be_strings_with_interpolation() -> None:
    (loop,) = statements('for zone in zones { tier "worker_${zone}" { count = 1 }, service "getty@tty1" }')
    assert isinstance(loop, tree.For)
    assert [short(s.label) for s in loop.body] == ['"worker_${zone}"', '"getty@tty1"']  # type: ignore[union-attr]


def test_types() -> None:
    (parameter,) = statements("param xs: list(map(string)) = []")
    assert isinstance(parameter, tree.Parameter)
    inner = parameter.type.item
    assert inner and inner.item
    assert (parameter.type.name, inner.name, inner.item.name) == ("list", "map", "string")


@pytest.mark.parametrize(
    "text",
    [
        "x = [1, 2, 3]",
        "x = [\n  1\n  2 # two, not three\n  3\n]",
        "x = [\n\n1,\n2,\n\n3,\n]",
        "x =\n  [1, 2\n, 3]",
    ],
)
def test_newlines_and_commas_separate_alike(text: str) -> None:
    (setting,) = statements(text)
    assert short(setting.value) == "[1, 2, 3]"  # type: ignore[union-attr]


def test_expressions_go_on_after_operators_and_in_brackets() -> None:
    text = "a = 1 +\n 2\nb = (1\n and 2\n or 3\n)\nc = [\n x\n for x in xs\n if x\n]\nd = f(\n a,\n b = 2\n)"
    assert [short(s.value) for s in statements(text)] == [  # type: ignore[union-attr]
        "(1 + 2)", "((1 and 2) or 3)", "[x for x in xs if x]", "f(a, b=2)",
    ]  # fmt: skip


def test_docs_are_plain_text_without_common_indent() -> None:
    (let,) = statements('"""\n    One ${line}.\n      Two \\q.\n"""\nlet x = 1')
    assert isinstance(let, tree.Let) and let.doc == "One ${line}.\n  Two \\q."


# ---- expressions


@pytest.mark.parametrize(
    ("text", "tree_of_it"),
    [
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a - b - c", "((a - b) - c)"),
        ("-a.b[0] * 2", "((- a.b[0]) * 2)"),
        ("not a == b and c or d", "(((not (a == b)) and c) or d)"),
        ("a not in b", "(not (a in b))"),
        ("a in b == c", None),
        ("a if b else c if d else e", "(a if b else (c if d else e))"),
        ("1 + 1..n * 2", "((1 + 1) .. (n * 2))"),
        ("2..10", "(2 .. 10)"),
        ("a-b", "a-b"),
        ("a - b", "(a - b)"),
        ("a -b", "(a - b)"),
        ("a- b", "(a - b)"),
        ("7%3", "(7 % 3)"),
        ("7 % x", "(7 % x)"),
        ("60%", "60%"),
        ("1.5GiB", "1.5GiB"),
        ("10_000", "10000"),
        ("1.5", "1.5"),
        ('f(x, y = [1], z = {a = 1, "b c" = 2})', 'f(x, y=[1], z={a=1, "b c"=2})'),
        ("[f(x) for x in xs if p(x)]", "[f(x) for x in xs if p(x)]"),
        ("any(e.public for e in es)", "any([e.public for e in es])"),
        ("(a)(b)[c].d", "a(b)[c].d"),
        ("true != false", "(True != False)"),
        ('"${join(",", [f("${x}}") for x in { a = "}" }])}"', '"${join(",", [f("${x}}") for x in {a="}"}])}"'),
    ],
)
def test_expressions(text: str, tree_of_it: str | None) -> None:
    if tree_of_it is None:
        assert parse_expression(Source("e", text))[1]
    else:
        assert short(expression(text)) == tree_of_it


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\n\t\"\\\$\u{1F600}"', 'a\n\t"\\$\U0001f600'),
        ('"cost: $5"', "cost: $5"),
        ('"""\n    a\n      b\n\n    c\n    """', "a\n  b\n\nc\n"),
        ('"""one line"""', "one line"),
        ('"""say "hi" """', 'say "hi" '),
        ('"""\r\n  a\r\n  b\r\n"""', "a\nb\n"),
    ],
)
def test_strings(text: str, value: str) -> None:
    string = expression(text)
    assert isinstance(string, tree.String)
    assert "".join(str(part) for part in string.parts).replace("\r", "") == value


def test_empty_string_has_no_parts() -> None:
    empty = expression('""')
    assert isinstance(empty, tree.String) and empty.parts == ()


def test_long_strings_lose_their_indent_also_around_interpolations() -> None:
    string = expression('"""\n    host ${a}\n      port ${b}\n    """')
    assert short(string) == '"host ${a}\n  port ${b}\n"'


def test_spans_are_exact() -> None:
    source = Source("t.bp", 'blueprint 1\ntier web { url = "http://${web.host}:${f(1, 2)}/" }')
    text = source.text
    found = nodes(parse(source)[0].statements)
    spans = {type(node).__name__ + ":" + text[node.span.start : node.span.end] for node in found}
    assert spans == {
        'Block:tier web { url = "http://${web.host}:${f(1, 2)}/" }',
        "Identifier:web",
        'Setting:url = "http://${web.host}:${f(1, 2)}/"',
        "Identifier:url",
        'String:"http://${web.host}:${f(1, 2)}/"',
        "Attribute:web.host",
        "Name:web",
        "Identifier:host",
        "Call:f(1, 2)",
        "Name:f",
        "Argument:1",
        "Argument:2",
        "Number:1",
        "Number:2",
    }


# ---- mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("packages [1]", '2:10 BPC101 expected "=" after "packages", found "["'),
        ("tier web {\n  count = 3\n", '3:12 BPC102 expected "}" after "3", found the end of the file'),
        ('x = "abc', "2:5 BPC103 this string is not closed"),
        ('x = "${a"', "2:5 BPC103 this string is not closed"),
        (r'x = "C:\data"', r'2:8 BPC104 "\d" is not a valid escape in a string'),
        (r'x = "\u{110000}"', r'2:6 BPC104 "\u{110000}" is not a valid escape in a string'),
        ("x = 20GB", '2:5 BPC105 "GB" is not a valid unit'),
        ("x = 1; y = 2", '2:6 BPC106 unexpected ";"'),
        ("x = 1\u00a0+ 2", "2:6 BPC106 unexpected character U+00A0"),
        ("x = 0600", '2:5 BPC111 "0600" begins with a zero'),
        ("x = " + "9" * 19, '2:5 BPC111 "999999999999999999…" has more than 18 digits'),
        ("x = 1.4.0", "2:5 BPC112 text must be in double quotes"),
        ("x = 'a'", "2:5 BPC112 text must be in double quotes"),
        ("teir web { count = 1 }", '2:1 BPC110 "teir" is not a keyword that declares something'),
        ("tier web { } }", '2:14 BPC113 "}" does not close anything'),
        ("x = 1)", '2:6 BPC113 ")" does not close anything'),
        ("x = [1, 2\ntier web { }", '2:5 BPC116 this "[" is not closed'),
        ("x = [1, 2\ny = 3", '2:5 BPC116 this "[" is not closed'),
        ("tier web { x = f(1 }", '2:17 BPC116 this "(" is not closed'),
        ("x = [ , 1]", '2:7 BPC101 expected a value or "]" after "[", found ","'),
        ("x = a < b < c", '2:11 BPC101 expected a new line after "b", found "<"'),
        ("x = a if b", '2:10 BPC102 expected "else" after "b", found the end of the file'),
        ('x = "${}"', '2:8 BPC101 expected a value, found "}"'),
        ('"""doc"""\nx = 1', '3:1 BPC101 expected a declaration after the string, found "x"'),
        (
            "blueprint 1",
            "2:1 BPC114 the edition of the language must be given once, in the first statement of the file",
        ),
        ("x = " + "-" * 200 + "1", "2:105 BPC109 this is nested more than 100 levels deep"),
        ("x = " + "+".join("a" * 200), "2:5 BPC109 this is nested more than 100 levels deep"),
        ('x = "${"${"${"${"${1}"}"}"}"}"', "2:20 BPC109 this is nested more than 4 levels deep"),
    ],
)
def test_one_mistake_is_one_diagnostic(text: str, expected: str) -> None:
    assert mistakes("blueprint 1\n" + text) == [expected]


def test_header() -> None:
    assert mistakes("let x = 1") == ["1:1 BPC107 a blueprint must begin with the edition of the language"]
    assert mistakes("") == ["1:1 BPC107 a blueprint must begin with the edition of the language"]
    assert mistakes("blueprint 7") == [
        "1:1 BPC108 edition 7 of the language is not supported; this bpc supports edition 1"
    ]
    assert mistakes("\ufeff# comment\nblueprint 1\n") == []
    assert parse(Source("t.bp", "blueprint 7\nlet x = 1"))[0].edition is None


def test_hints() -> None:
    _, diagnostics = parse(Source("t.bp", "blueprint 1\nteir web { }\nx = 20GB\ny = 5sec\nz = 0600"))
    assert [diagnostic.help for diagnostic in diagnostics] == [
        'did you mean "tier"?',
        'did you mean "20GiB"?',
        'did you mean "5s"?',
        'write "0600" if a string is meant',
    ]


def test_all_mistakes_of_a_file_are_shown_and_the_rest_is_read() -> None:
    text = (
        "blueprint 1\nsolution s {\n  packages [1]\n  count 3\n  good = 1\n  teir web { count = = 2 }\n"
        "  z = [1, 2\n  tier app { count = }\n  y = f(a b)\n}\nlet last = 1\n"
    )
    assert [mistake.split()[0] for mistake in mistakes(text)] == ["3:12", "4:9", "6:3", "6:22", "7:7", "8:22", "9:11"]
    solution, last = parse(Source("t.bp", text))[0].statements
    assert isinstance(solution, tree.Block) and isinstance(last, tree.Let)
    assert [type(s).__name__ for s in solution.body] == [
        "Broken", "Broken", "Setting", "Block", "Setting", "Block", "Setting",
    ]  # fmt: skip


def test_the_block_without_its_bracket_is_named() -> None:
    source = Source("t.bp", "blueprint 1\nsolution s {\n  tier web {\n    count = 2\n  tier app {\n  }\n}\n")
    (diagnostic,) = parse(source)[1]
    assert source.location(diagnostic.notes[0].span.start) == (3, 12)


def test_many_mistakes_end() -> None:
    _, diagnostics = parse(Source("t.bp", "blueprint 1\n" + "x y\n" * 1000))
    assert len(diagnostics) == 51
    assert diagnostics[-1].code == "BPC115"


def survives(text: str) -> int:
    source = Source("t.bp", text)
    file, diagnostics = parse(source)
    assert isinstance(file, tree.File)
    for diagnostic in diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text) + 1
        source.location(diagnostic.span.start)
        assert diagnostic.text and not re.search(r"(?<![$u])\{\w+\}", diagnostic.help), "its fields are filled in"
    return len(diagnostics)


@pytest.mark.parametrize("source", samples(), ids=lambda source: source.name)
def test_every_truncation(source: Source) -> None:
    for end in range(len(source.text)):
        survives(source.text[:end])


@pytest.mark.parametrize("source", samples(), ids=lambda source: source.name)
def test_every_deletion_of_a_token(source: Source) -> None:
    for _, text, start in lexer.tokens(source, 0, len(source.text), []):
        survives(source.text[:start] + source.text[start + len(text) :])


@pytest.mark.parametrize("source", samples(), ids=lambda source: source.name)
def test_every_doubling_of_a_token(source: Source) -> None:
    for _, text, start in lexer.tokens(source, 0, len(source.text), []):
        survives(source.text[:start] + text + " " + source.text[start:])


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "x = " + "[" * 100_000 + "]" * 100_000,
        "tier a { " * 20_000 + "}" * 20_000,
        "x = " + "f(" * 50_000,
        "x = " + "- " * 100_000 + "1",
        "x = " + "not " * 100_000,
        "x = " + "1 + " * 100_000 + "1",
        "x = " + ".".join("a" * 100_000),
        "x = " + "a if b else " * 50_000 + "c",
        'x = "' + '${"' * 100_000,
        'x = "' + '${"' * 50_000 + '"}' * 50_000 + '"',
        'x = "' + "${{" * 50_000,
        'x = """' + "a" * 1_000_000,
        'x = "' + "\\" * 1_000_001,
        "x = " + "9" * 1_000_000,
        "a" * 1_000_000,
        "a-" * 500_000,
        "\x00\x01\x02" * 300_000,
        "é " * 300_000,
        " " * 1_000_000,
        "#" * 1_000_000,
        "\n, " * 300_000,
        "}" * 300_000,
        ")\n" * 300_000,
        '"\n' * 300_000,
        "x = (\n" * 100_000,
        "x y " * 200_000,
        "for" * 5 + "\nfor " * 100_000,
        "x = (1\n" + "and b\n" * 1_000,
    ],
    ids=lambda text: repr(text[:24]),
)
def test_hostile_texts_end_in_diagnostics(text: str) -> None:
    assert survives("blueprint 1\n" + text) > 0 or not text.strip(" #,\n")
