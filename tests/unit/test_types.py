"""The types of the language, and what names are bound to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpc.driver import Blueprint
from bpc.files import Buffers, Project
from bpc.language.types import UNKNOWN, ListOf, MapOf, OneOf, Scalar, accepts, parse, spelled
from bpc.resolve.symbols import ImageSymbol, LetSymbol, LoopSymbol, TierSymbol
from bpc.syntax.tree import Name, nodes

NAMES = st.sampled_from(["bool", "int", "number", "string", "size", "port", "cidr", "endpoint", "image", "secret"])
PLAIN = st.recursive(
    st.builds(lambda name: Scalar(name=name), NAMES),
    lambda inner: st.builds(lambda item: ListOf(item=item), inner) | st.builds(lambda item: MapOf(value=item), inner),
    max_leaves=3,
)
TYPES = PLAIN | st.builds(
    lambda choices: OneOf(choices=tuple(choices)), st.lists(PLAIN, min_size=2, max_size=3, unique=True)
)


@given(TYPES)
def test_a_type_is_what_it_is_spelled(kind):
    assert parse(spelled(kind)) == kind


@given(TYPES)
def test_a_type_accepts_itself_and_what_is_not_known(kind):
    assert accepts(kind, kind)
    assert accepts(kind, UNKNOWN)
    assert accepts(UNKNOWN, kind)


@given(PLAIN, PLAIN, PLAIN)
def test_a_choice_accepts_what_one_of_it_does(one, other, actual):
    either = OneOf(choices=(one, other))
    assert accepts(either, actual) == (accepts(one, actual) or accepts(other, actual))


@pytest.mark.parametrize(
    "expected, actual, fits",
    [
        ("string", "cidr", True),
        ("cidr", "string", True),
        ("number", "int", True),
        ("int", "number", False),
        ("list(int)", "list(string)", False),
        ("list(string)", "list", True),
        ("size", "int", False),
    ],
)
def test_what_a_place_takes_besides(expected, actual, fits):
    assert accepts(parse(expected), parse(actual)) is fits


def test_a_value_of_deployment_may_stand_in_a_text():
    late = Scalar(name="int", deploy=True)
    assert accepts(parse("string"), late)
    assert not accepts(parse("bool"), late)


TEXT = """blueprint 1
image web { from = debian("12") }
let shown = 1
solution s {
  version = "1"
  let shown = 2
  network n { cidr = "10.0.0.0/24" }
  tier web { image = web, network = n, count = shown }
  output members = join(",", [n for n in web.hosts])
  environment test { let shown = 3 }
}
"""


def test_a_name_is_bound_to_the_innermost_declaration(tmp_path):
    analysis = Blueprint("s.bp", Buffers({"s.bp": TEXT}, Project(str(tmp_path)))).analysis
    bound: dict[str, list[object]] = {}
    for node in nodes(analysis.program.modules["s.bp"].file):
        if isinstance(node, Name):
            bound.setdefault(node.text, []).append(analysis.bindings.get(node))
    assert [type(symbol) for symbol in bound["web"]] == [ImageSymbol, TierSymbol]  # an image where one is needed
    [shown] = bound["shown"]
    assert isinstance(shown, LetSymbol)
    assert [node.value.value for node in shown.nodes] == [2, 3]  # its own value, and the environment's
    assert isinstance(bound["n"][-1], LoopSymbol) or isinstance(bound["n"][-2], LoopSymbol)
