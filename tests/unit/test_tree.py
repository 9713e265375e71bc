"""The tree as editors use it: nothing of a text is lost, every node has its place, and what is broken says what it has."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from pathlib import Path

import pytest
from blueprints import Writer

from bpc.diagnostics.base import Diagnostic
from bpc.record import fields
from bpc.source import Source
from bpc.syntax import lexer, parse, tree
from bpc.syntax.cursor import node_at
from bpc.syntax.trivia import BlankLines, Comment, parentheses, pieces, trivia

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted({*ROOT.glob("blueprints/**/*.bp"), *ROOT.glob("tests/**/*.bp")})
SAMPLES = sorted((Path(__file__).parent / "syntax").glob("*.bp"))


def source(text: str) -> Source:
    return Source("t.bp", text)


def read(path: Path) -> Source:
    return source(path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n"))


def generated(first: int, count: int) -> list[str]:
    """Blueprints, most of them with something left out, doubled or swapped."""
    texts = []
    for seed in range(first, first + count):
        dice = random.Random(seed)
        texts.append(Writer(dice.randbytes(dice.choice((50, 300, 900)))).blueprint())
    return texts


def mutilated(text: str) -> list[str]:
    """A text without each of its tokens, and cut off at each of them."""
    places = lexer.tokens(source(text), 0, len(text), [])
    return [cut for _, word, start in places for cut in (text[:start], text[:start] + text[start + len(word) :])]


def short(value: object) -> str:
    """A node in a line: a `Broken` is `<…>` around its parts."""
    match value:
        case tree.Broken(parts=parts):
            return "<" + " ".join(map(short, parts)) + ">"
        case tree.Name(text=text) | tree.Identifier(text=text) | tree.Word(text=text):
            return text
        case tree.String(parts=parts):
            return '"' + "".join(part if isinstance(part, str) else "${" + short(part) + "}" for part in parts) + '"'
        case tree.Node():
            inner = [
                short(field) for name, field in fields(value) if name not in ("span", "doc", "doc_span", "keyword")
            ]
            return f"{getattr(value, 'keyword', type(value).__name__)}({', '.join(inner)})"
        case tuple():
            return "[" + ", ".join(map(short, value)) + "]"
    return str(value)


def statements(text: str) -> list[str]:
    file, _ = parse(source("blueprint 1\n" + text))
    return [short(statement) for statement in file.statements]


# ---- every character is in a token or beside one


def loses_nothing(text: str) -> None:
    file = source(text)
    found = list(pieces(file))
    assert "".join(text[piece.span.start : piece.span.end] for piece in found) == text
    assert all(before.span.end == after.span.start for before, after in pairwise(found))
    comments = [item for item in trivia(file).items if isinstance(item, Comment)]
    assert [item.span for item in comments] == [piece.span for piece in found if piece.kind == "comment"]


def test_every_blueprint_of_the_house_is_its_pieces() -> None:
    assert len(FILES) > 200
    for path in FILES:
        loses_nothing(read(path).text)


# ---- every node has its place


def children(node: tree.Node) -> list[tree.Node]:
    inner = [value for name, value in fields(node) if name != "span"]
    return [
        part for value in inner for part in (value if type(value) is tuple else (value,)) if isinstance(part, tree.Node)
    ]


class Places:
    """Where tokens begin and end; a separator counts up to its last comma."""

    def __init__(self, file: Source, start: int, end: int) -> None:
        self.starts: set[int] = set()
        self.ends: set[int] = {start}
        for kind, text, begin in lexer.tokens(file, start, end, []):
            if kind == lexer.SEP:
                self.ends |= {begin + match.end() for match in re.finditer(",", text)}
            elif kind != lexer.END:
                self.starts.add(begin)
                self.ends.add(begin + len(text))


def check_places(node: tree.Node, places: Places) -> None:
    start, end = node.span.start, node.span.end
    if start == end:
        assert start in places.starts | places.ends, node
    else:
        assert start in places.starts and end in places.ends, node
    inner = children(node)
    for child in inner:
        assert start <= child.span.start <= child.span.end <= end, (node, child)
        if not isinstance(node, tree.String):
            check_places(child, places)
        elif child.span.end > child.span.start and not isinstance(child, tree.Broken):
            check_places(child, Places(node.span.source, *_interpolation(node, child)))
    if not isinstance(node, tree.Conditional):
        assert all(one.span.end <= two.span.start for one, two in pairwise(inner)), node


def _interpolation(string: tree.String, part: tree.Node) -> tuple[int, int]:
    """From the `${` before a part to the end of the part."""
    return string.span.source.text.rindex("${", string.span.start, part.span.start) + 2, part.span.end


def check_file(text: str) -> tuple[tree.File, tuple[Diagnostic, ...]]:
    file, diagnostics = parse(source(text))
    if any(diagnostic.code == "BPC115" for diagnostic in diagnostics):
        return file, diagnostics
    places = Places(file.source, 1 if text.startswith("\ufeff") else 0, len(text))
    for node in children(file):
        check_places(node, places)
    for span in file.parentheses:
        assert (text[span.start], text[span.end - 1]) == ("(", ")")
    return file, diagnostics


def test_every_node_of_the_house_covers_its_tokens() -> None:
    for path in FILES:
        check_file(read(path).text)


def leaves_all_whole(diagnostic: Diagnostic) -> bool:
    """A character or bracket too many, the header, a word that was understood, and lines that are not apart."""
    alone = {"BPC106", "BPC107", "BPC108", "BPC113"}
    before = diagnostic.span.source.text[: diagnostic.span.start]
    return (
        diagnostic.code in alone
        or before.split() == ["blueprint"]
        or diagnostic.help.startswith("did you mean")
        or "a new line" in diagnostic.text
        or 'expected "{"' in diagnostic.text
    )


def check_broken(file: tree.File, diagnostics: tuple[Diagnostic, ...]) -> None:
    """Whatever is complained about is in a `Broken`, and nothing else is broken; every token is in a statement."""
    text = file.source.text
    codes = {diagnostic.code for diagnostic in diagnostics}
    if "BPC115" in codes or len(diagnostics) >= lexer.MISTAKES:
        return
    assert tree.is_broken(file) <= bool(codes), text
    assert tree.is_broken(file) or all(map(leaves_all_whole, diagnostics)), (codes, text)
    covered = [node.span for node in children(file)]
    covered += [s.doc_span for s in file.statements if getattr(s, "doc_span", None)]  # type: ignore[union-attr]
    for kind, word, start in lexer.tokens(file.source, 0, len(text), []):
        is_stray = kind in lexer.CLOSERS and any(d.span.start == start for d in diagnostics)
        if kind not in (lexer.SEP, lexer.END) and not is_stray:
            assert any(span.start <= start and start + len(word) <= span.end for span in covered), (word, start, text)


@pytest.mark.slow
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_mutilated_samples_keep_everything_in_its_place(path: Path) -> None:
    for text in mutilated(read(path).text):
        loses_nothing(text)
        check_broken(*check_file(text))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 3000, 500))
def test_generated_texts_keep_everything_in_its_place(first: int) -> None:
    for text in generated(first, 500):
        loses_nothing(text)
        check_broken(*check_file(text))


def test_a_reserved_block_keeps_what_is_in_it() -> None:
    assert statements('place web on heat\ncloud heat {\n  region = "x"\n}') == [
        "place([web, heat])",
        'cloud([heat, Setting(region, "x")])',
    ]


# ---- what is broken stays in its place, with what it has


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image = images.", ["Setting(image, <images .>)"]),
        ("image = images.\ncount = 3", ["Setting(image, <images .>)", "Setting(count, Number(3))"]),
        ("x = a.b[0].\ntier t { }", ["Setting(x, <Index(Attribute(a, b), Number(0)) .>)", "tier(t, [])"]),
        ("tier web {", ["tier(web, [<>])"]),
        ("tier web {\n  image = base\n", ["tier(web, [Setting(image, base), <>])"]),
        ("tier web", ["tier(web, [<>])"]),
        ("tier", ['tier("${<>}", [<>])']),
        ("tier {\n  count = 1\n}", ['tier("${<>}", [Setting(count, Number(1))])']),
        ("machine", ["machine(None, [<>])"]),
        ("x = f(", ["Setting(x, Call(f, [Argument(None, <>)]))"]),
        ("x = f(a,\nlet y = 1", ["Setting(x, Call(f, [Argument(None, a), Argument(None, <>)]))", "Let(y, Number(1))"]),
        ("x = f(a b, c)", ["Setting(x, Call(f, [Argument(None, <a b>), Argument(None, c)]))"]),
        ("x = f(a = = 2, b)", ["Setting(x, Call(f, [Argument(a, <= Number(2)>), Argument(None, b)]))"]),
        ("x = a[", ["Setting(x, Index(a, <>))"]),
        ("x = [1, 2\ny = 3", ["Setting(x, ListLiteral([Number(1), Number(2), <>]))", "Setting(y, Number(3))"]),
        ("x = [1 2, 3]", ["Setting(x, ListLiteral([<Number(1) Number(2)>, Number(3)]))"]),
        ("x = [1, 2)\ny = 3", ["Setting(x, ListLiteral([Number(1), <Number(2) )>]))", "Setting(y, Number(3))"]),
        ("x = { a = 1, b", ["Setting(x, MapLiteral([Entry(a, Number(1)), Entry(b, <>)]))"]),
        ("x = { a = 1, ", ['Setting(x, MapLiteral([Entry(a, Number(1)), Entry("${<>}", <>)]))']),
        ("x = [x for", ["Setting(x, ListLiteral([<x for>]))"]),
        ("x = [x for y in", ["Setting(x, Comprehension(x, y, <>, None))"]),
        ("x = (a +\nlet y = 1", ["Setting(x, Binary(+, a, <>))", "Let(y, Number(1))"]),
        ("x = a if b", ["Setting(x, <a if b>)"]),
        ("x = a < b < c", ["Setting(x, Binary(<, a, <b < c>))"]),
        ("x = 1 2", ["Setting(x, <Number(1) Number(2)>)"]),
        ("x = 1 y = 2", ["Setting(x, Number(1))", "Setting(y, Number(2))"]),
        ("x = 1; y = 2", ["Setting(x, Number(1))", "Setting(y, Number(2))"]),
        ("allow sql from", ["Allow(sql, <>)"]),
        ("allow sql\nconnect", ["<allow sql>", "Connect(<>)"]),
        ("let x =\nlet y = 2", ["Let(x, <>)", "Let(y, Number(2))"]),
        ("let x =\ntier web { count = 1 }", ["Let(x, <>)", "tier(web, [Setting(count, Number(1))])"]),
        ("let x", ["<let x>"]),
        ("param x:\nparam y: string =", ["<param x :>", "Parameter(y, TypeName(string, None), <>)"]),
        ('import "a.bp" as\nlet y = 1', ['<import "a.bp" as>', "Let(y, Number(1))"]),
        ("for x in xs", ["For(x, xs, [<>])"]),
        ("count 3\npackages [a]", ["<count Number(3)>", "<packages [ a ]>"]),
        ('x = "abc\ny = 1', ['Setting(x, "abc${<>}")', "Setting(y, Number(1))"]),
        ('x = "http://${web.\ny = 1', ['Setting(x, "http://${<web .>}${<>}")', "Setting(y, Number(1))"]),
        ('x = "http://${web.}/"', ['Setting(x, "http://${<web .>}/")']),
        ('x = "a\\q${b}"', ['Setting(x, "a${<>}${b}")']),
        ("x = 'web'\ny = 10.0.0.0/8", ['Setting(x, "web${<>}")', 'Setting(y, "10.0.0.0/8${<>}")']),
        ("x = 20GB + 1", ["Setting(x, Binary(+, <>, Number(1)))"]),
        ("x = 0600", ["Setting(x, <>)"]),
        ("café = 1", ["<caf <> = Number(1)>"]),
        ("service nginx.service\ncount = 1", ["service(nginx, [<. service>])", "Setting(count, Number(1))"]),
        ("foo web {\n  tier a { }\n}\ny = 1", ["<foo web tier(a, [])>", "Setting(y, Number(1))"]),
        ("teir web { count = 1 }", ["tier(web, [Setting(count, Number(1))])"]),
        ("tier web\n{\n  count = 1\n}", ["tier(web, [Setting(count, Number(1))])"]),
        ("tier web { } }\ny = 1", ["tier(web, [])", "<}>", "Setting(y, Number(1))"]),
        ("x = 1)\ny = 1", ["Setting(x, Number(1))", "<)>", "Setting(y, Number(1))"]),
        ('"""doc"""', ['<"doc">']),
        ("x = " + "-" * 200 + "1\ny = 2", ["Setting(x, <>)", "Setting(y, Number(2))"]),
        ("x = a\nblueprint 1", ["Setting(x, a)", "<Header(1)>"]),
    ],
)
def test_recovery(text: str, expected: list[str]) -> None:
    assert statements(text) == expected
    assert parse(source("blueprint 1\n" + text))[1]
    check_file("blueprint 1\n" + text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "solution s {\n  tier web {\n    expose http { port =\n    count = 3\n  }\n  tier app { }\n}\nlet z = 1",
            ["solution(s, [tier(web, [expose(http, [Setting(port, <>), <>]), Setting(count, Number(3))]), tier(app, [])])"],
        ),
        (
            "solution s {\n  tier web {\n    image = images.proxy(upstream =\n    count = 3\n  }\n}\nlet z = 1",
            ["solution(s, [tier(web, [Setting(image, Call(Attribute(images, proxy), [Argument(upstream, <>)])), "
             "Setting(count, Number(3))])])"],
        ),
        (
            "solution s {\n  tier web {\n    x = f(a = app.api\n    count = 3\n  }\n}\nlet z = 1",
            ["solution(s, [tier(web, [Setting(x, Call(f, [Argument(a, Attribute(app, api)), Argument(None, <>)])), "
             "Setting(count, Number(3))])])"],
        ),
        (
            "solution s {\n  tier web {\n  tier app {\n    count = 1\n  }\n}\nlet z = 1",
            ["solution(s, [tier(web, [<>]), tier(app, [Setting(count, Number(1))])])"],
        ),
        (
            "solution s {\n  tier web {\n  }\n  }\n  tier app { }\n}\nlet z = 1",
            ["solution(s, [tier(web, []), <}>, tier(app, [])])"],
        ),
    ],
)  # fmt: skip
def test_lines_that_are_indented_show_where_blocks_end(text: str, expected: list[str]) -> None:
    assert statements(text) == [*expected, "Let(z, Number(1))"]
    assert len(parse(source("blueprint 1\n" + text))[1]) <= 2


def test_a_header_that_is_broken_is_one_mistake() -> None:
    for text in ("blueprint\nlet x = 1", "blueprint x\nlet x = 1"):
        file, diagnostics = parse(source(text))
        assert [diagnostic.code for diagnostic in diagnostics] == ["BPC101"]
        assert (file.edition, file.header, short(file.statements[-1])) == (None, None, "Let(x, Number(1))")


# ---- places beside the tree


def test_numbers_and_strings_keep_their_spelling() -> None:
    file, _ = parse(source('blueprint 1\nx = [1_000, 0.50, 1_0.5GiB, 60%, "a\\n${b}", """\n  c\n"""]'))
    found = [node for node in tree.nodes(file) if isinstance(node, tree.Number | tree.Quantity | tree.String)]
    assert [tree.spelling(node) for node in found] == [
        "1_000", "0.50", "1_0.5GiB", "60%", '"a\\n${b}"', '"""\n  c\n"""',
    ]  # fmt: skip
    assert file.header is not None and tree.spelling(file.header) == "blueprint 1"


def test_doc_strings_have_places() -> None:
    text = '"""One."""\nlet x = 1\n"""Two."""\ntier t { """Three.""" param y: int, """Four.""" output z = 1 }'
    file, _ = parse(source("blueprint 1\n" + text))
    found = [node for node in tree.nodes(file) if getattr(node, "doc_span", None)]
    places = [node.doc_span for node in found]  # type: ignore[attr-defined]
    assert [file.source.text[place.start : place.end] for place in places] == [
        '"""One."""', '"""Two."""', '"""Three."""', '"""Four."""',
    ]  # fmt: skip
    assert tree.spelling(found[0]) == "let x = 1"


def test_parentheses_have_places() -> None:
    file, _ = parse(source("blueprint 1\nx = ((a + 1) # two\n) * f((b) for c in (d)) + (\ne)"))
    text = {tree.spelling(node): node for node in tree.nodes(file) if not isinstance(node, tree.Argument)}
    found = {
        key: [tree.spelling(tree.Name(span=pair, text="")) for pair in parentheses(file, node)]
        for key, node in text.items()
    }
    assert {key: pairs for key, pairs in found.items() if pairs} == {
        "a + 1": ["(a + 1)", "((a + 1) # two\n)"],
        "b": ["(b)"], "d": ["(d)"], "e": ["(\ne)"],
    }  # fmt: skip


COMMENTED = """# first

blueprint 1 # the header
# about x
let x = [ # opens
  1, # one

  # about two
  2 # two
  , 3

  # the end of the list
] # behind x


tier web { # a tier
  count = 1, # count
  # the end of web
}
image i {
  # alone

  # together
}
# the end"""


def test_comments_and_blank_lines() -> None:
    file, diagnostics = parse(source(COMMENTED))
    assert not diagnostics and file.header is not None
    found = trivia(file.source)

    def before(offset: int) -> list[object]:
        return [item.lines if isinstance(item, BlankLines) else item.text for item in found.before(offset)]

    def behind(offset: int) -> str | None:
        comment = found.behind(offset)
        return comment.text if comment else None

    let, web, image = file.statements
    assert isinstance(let, tree.Let) and isinstance(let.value, tree.ListLiteral)
    one, two, three = let.value.items
    assert (before(file.header.span.start), behind(file.header.span.end)) == (["first", 1], "the header")
    assert (before(let.span.start), behind(let.span.end)) == (["about x"], "behind x")
    assert behind(let.value.span.start + 1) == "opens"
    assert (before(one.span.start), behind(one.span.end)) == ([], "one")
    assert (before(two.span.start), behind(two.span.end)) == ([1, "about two"], "two")
    assert (before(three.span.start), behind(three.span.end)) == ([], None)
    assert before(let.value.span.end - 1) == [1, "the end of the list"]
    assert (before(web.span.start), behind(web.span.end)) == ([2], None)
    assert isinstance(web, tree.Block) and behind(web.body[0].span.end) == "count"
    assert before(web.span.end - 1) == ["the end of web"]
    assert before(image.span.end - 1) == ["alone", 1, "together"]
    assert before(len(COMMENTED)) == ["the end"]
    assert [item.behind for item in found.items if isinstance(item, Comment)].count(True) == 7


# ---- an editor asks


def at_cursor(text: str) -> list[str]:
    """The nodes around `|`: their kinds, and what the innermost is."""
    offset = text.index("|")
    file, _ = parse(source("blueprint 1\n" + text.replace("|", "", 1)))
    path = node_at(file, offset + len("blueprint 1\n"))
    assert path[0] is file
    return [*(type(node).__name__ for node in path[1:]), short(path[-1]) if len(path) > 1 else ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tier web {\n  image = images.|\n  count = 3\n}", ["Block", "Setting", "Broken", "<images .>"]),
        ("tier web {\n  image = images|.\n}", ["Block", "Setting", "Broken", "Name", "images"]),
        ("tier web {\n  image = images.pr|oxy\n}", ["Block", "Setting", "Attribute", "Identifier", "proxy"]),
        ("tier web {\n  image = images.proxy(upstream = |\n  count = 3\n}",
         ["Block", "Setting", "Call", "Argument", "Broken", "<>"]),
        ("x = f(a, |", ["Setting", "Call", "Argument", "Broken", "<>"]),
        ("x = f(a,\n  |\nlet y = 1", ["Setting", "Call", "Call(f, [Argument(None, a), Argument(None, <>)])"]),
        ("let x = |\nlet y = 2", ["Let", "Broken", "<>"]),
        ("let x =\n|\nlet y = 2", [""]),
        ("tier web {\n  count = 1\n  |", ["Block", "tier(web, [Setting(count, Number(1)), <>])"]),
        ("tier web {\n  count = 1|\n", ["Block", "Setting", "Number", "Number(1)"]),
        ("tier web {\n  |\n}", ["Block", "tier(web, [])"]),
        ("tier web {\n  cou|\n}", ["Block", "Broken", "Identifier", "cou"]),
        ("allow sql from |", ["Allow", "Broken", "<>"]),
        ("connect |\nlet y = 1", ["Connect", "Broken", "<>"]),
        ('x = "http://${web.|', ["Setting", "String", "Broken", "<web .>"]),
        ('x = "http://${web.|}/"', ["Setting", "String", "Broken", "<web .>"]),
        ('x = "http://${w|eb.host}/"', ["Setting", "String", "Attribute", "Name", "web"]),
        ('x = "ab|c', ["Setting", "String", '"abc${<>}"']),
        ("x = [1, a|pp, 2]", ["Setting", "ListLiteral", "Name", "app"]),
        ("x = { a = 1, b = | }", ["Setting", "MapLiteral", "Entry", "Broken", "<>"]),
        ("x = (a + |", ["Setting", "Binary", "Broken", "<>"]),
        ("tier| web { }", ["Block", "tier(web, [])"]),
        ('"""do|c"""\nlet x = 1', ["Let", "Let(x, Number(1))"]),
        ("tier |", ["Block", "String", "Broken", "<>"]),
        ("# no|thing\nlet x = 1", [""]),
        ("x = a b.|c d\n", ["Setting", "Broken", "Name", "c"]),
    ],
)  # fmt: skip
def test_what_stands_at_a_cursor(text: str, expected: list[str]) -> None:
    assert at_cursor(text) == expected


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 300, 100))
def test_every_place_of_a_generated_text_has_a_path(first: int) -> None:
    for text in generated(first, 100):
        file, _ = parse(source(text))
        for offset in range(0, len(text) + 1, 3):
            path = node_at(file, offset)
            assert path[0] is file
            assert all(inner in children(node) for node, inner in pairwise(path))
