"""What is suggested instead of a wrong value is itself right: for every unit, number and way to write it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpc.check.licences import wrong
from bpc.driver import build_model
from bpc.language.hints import CODENAMES, meant, size
from bpc.source import Source, Span
from bpc.syntax import parse_expression
from bpc.syntax.tree import Quantity
from bpc.vocabulary import DURATIONS, SIZES


@given(st.integers(1, 10**7), st.sampled_from(["memory", "disk", "size", "room"]))
def test_a_number_gets_a_sensible_size(number, setting):
    for text in size(number, setting).split(" or "):
        value, wrong_ones = parse_expression(Source("x", text))
        assert not wrong_ones and isinstance(value, Quantity)
        assert 2**20 <= value.number * SIZES[value.unit] <= 2**43 * 10, "no machine has more"


WORDS = {
    "size": {"GiB": ["GB", "gb", "G", "g", "Gi", "gib", "gigabyte", "gigabytes", "gig", "gigs", "Gigabytes", "gibibytes"],
             "MiB": ["MB", "mb", "M", "megabytes", "meg", "megs"], "TiB": ["TB", "T", "terabytes"], "KiB": ["kB", "K", "kilobytes"]},
    "duration": {"s": ["sec", "secs", "second", "seconds", "Seconds"], "min": ["m", "mins", "minute", "minutes"],
                 "h": ["hr", "hours", "hour"], "d": ["day", "days"], "ms": ["msec", "milliseconds"]},
}  # fmt: skip
FORMS = ["{number}{word}", "{number} {word}", " {number}  {word} "]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("kind", "unit", "word"),
    [(kind, unit, word) for kind, units in WORDS.items() for unit, words in units.items() for word in words],
)
def test_words_for_units(kind, unit, word, form):
    text = form.format(number=4, word=word)
    assert unit in SIZES or unit in DURATIONS
    assert meant(text, kind, Span(Source("x", text), 0, len(text))) == f"write it without quotes: 4{unit}"


@pytest.mark.parametrize(("distribution", "name"), [(d, name) for d, names in CODENAMES.items() for name in names])
def test_the_number_of_a_release_is_accepted(distribution, name, tmp_path):
    def checked(version):
        path = tmp_path / "solution.bp"
        path.write_text(
            f'blueprint 1\nimage it {{ from = {distribution}("{version}") }}\nsolution s {{\n  version = "1"\n'
            '  network n { cidr = "10.0.0.0/24" }\n  tier t { image = it, network = n }\n}\n'
        )
        return build_model(str(path)).diagnostics

    (found,) = checked(name)
    number = re.fullmatch(rf'write {distribution}\("([0-9.]+)"\)', found.help)
    assert number and checked(number[1]) == ()


IDS = st.sampled_from(
    ["MIT", "Apache-2.0", "GPL-2.0-or-later", "BSD-3-Clause", "LicenseRef-Ours", "EPL-1.0+", "GPL-3.0"]
)
EXPRESSIONS = st.recursive(
    IDS | st.just("GPL-2.0-only WITH Classpath-exception-2.0"),
    lambda inner: (
        st.builds("{} {} {}".format, inner, st.sampled_from(["AND", "OR"]), inner) | st.builds("({})".format, inner)
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_expressions_of_licences_are_accepted(text):
    assert wrong(text) is None


@given(EXPRESSIONS, st.sampled_from([" and MIT", " OR", " WITH", ")", " MIT", ", MIT", " / MIT", " AND Nonsense-1"]))
def test_what_is_wrong_in_a_licence_is_found(text, more):
    assert wrong(text + more) is not None


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_any_text_may_be_a_licence(text):
    found = wrong(text)
    assert found is None or found[0]
