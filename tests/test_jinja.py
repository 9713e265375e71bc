"""Jinja with values that are known only when the stack runs: each filter, test, method and operator is right or refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jinja2.defaults import DEFAULT_FILTERS, DEFAULT_NAMESPACE, DEFAULT_TESTS

from bpc import api
from bpc.model.steps import File
from bpc.model.values import ParamHole, QuotedHole

HOLE = ParamHole(param="p")
IMAGE = (
    'blueprint 1\nimage base {\n  from = debian("12")\n  param p: string\n  param peers: list(string)\n'
    '  let word = "a word"\n  let list = [1, 2]\n  let texts = ["b", "a"]\n  let map = { b = p, a = "x" }\n'
    '  file "/etc/x" { template = "x.j2" }\n}\n'
    'solution s {\n  version = "1"\n  param p: string = "x"\n  network n { cidr = "10.0.0.0/16" }\n'
    '  tier t {\n    image = base(p = p, peers = [p, "y"])\n    network = n\n  }\n}\n'
)


def rendered(folder: Path, text: str):
    """The file's content, or the text of the error."""
    (folder / "solution.bp").write_text(IMAGE)
    (folder / "x.j2").write_text(text, encoding="utf-8")
    result = api.model(folder / "solution.bp")
    if not result.ok:
        [found] = result.diagnostics
        assert (found.code, found.span.source.name) == ("BPC406", "x.j2")
        return found.text
    [group] = [item for item in result.solution.resources if type(item).__name__ == "Group"]
    return next(step.content for step in group.first_boot if isinstance(step, File))


WORKS = {
    "{{ p }}": (HOLE,),
    "a{{ p }}b{{ p }}": ("a", HOLE, "b", HOLE),
    "{{ p ~ 'x' ~ p }}": (HOLE, "x", HOLE),
    "{{ peers | join(',') }}": (HOLE, ",y"),
    "{{ [p, [p] | first] | join }}": (HOLE, HOLE),
    "{{ p | default('x') }}": (HOLE,),
    "{{ nothing | default(p) }}": (HOLE,),
    "{{ p if word else 1 }}": (HOLE,),
    "{{ p | quote }}": ("'", QuotedHole(hole=HOLE), "'"),
    '{{ (p ~ "\'") | quote }}': ("'", QuotedHole(hole=HOLE), "'\\'''"),
    "{{ word | quote }}": ("'a word'",),
    "{% set x %}<{{ p }}>{% endset %}{{ x }}{{ x }}": ("<", HOLE, "><", HOLE, ">"),
    "{% macro m(v) %}[{{ v }}]{% endmacro %}{{ m(p) }}": ("[", HOLE, "]"),
    "{% macro m() %}({{ caller() }}){% endmacro %}{% call m() %}{{ p }}{% endcall %}": ("(", HOLE, ")"),
    "{% for v in peers %}{{ loop.index }}{{ v }}{% endfor %}": ("1", HOLE, "2y"),
    "{% for k, v in map | dictsort %}{{ k }}{{ v }}{% endfor %}": ("axb", HOLE),
    "{% for k, v in map.items() %}{{ k }}{{ v }}{% endfor %}": ("b", HOLE, "ax"),
    "{{ map.b }}{{ map['b'] }}{{ map.get('b') }}": (HOLE, HOLE, HOLE),
    "{% set n = namespace(v=p) %}{{ n.v }}": (HOLE,),
    "{% block b %}{{ p }}{% endblock %}{{ self.b() }}": (HOLE, HOLE),
    "{{ peers | length }}{{ peers | last }}{{ peers | list | first }}": ("2y", HOLE),
    "{{ p is defined }}{{ p is none }}": ("TrueFalse",),
    "{{ 'a\nb' | indent(2) }}": ("a\n  b",),
    "{{ list | map('string') | join('-') }}{{ list | sum }}{{ texts | sort | join }}": ("1-23ab",),
    "{{ word.upper() }}{{ word | replace('a', 'b') }}{{ word[2:] }}{{ texts == ['b', 'a'] }}": (
        "A WORDb wordwordTrue",
    ),
    "\x0099\x00 \x000\x00 \uf600 @@arn:x@@".replace("\x00", "\x01"): ("\x0199\x01 \x010\x01 \uf600 @@arn:x@@",),
    "{{ '\\x000\\x00' }}{{ p }}": ("\x000\x00", HOLE),
    "{{ list | tojson }}{{ none is none }}{{ 1.5 }}{{ true }}": ("[1, 2]True1.5True",),
}


@pytest.mark.parametrize("text", WORKS)
def test_works(text, tmp_path):
    assert rendered(tmp_path, text) == WORKS[text]


REFUSED = [
    *(f"{{{{ p | {name} }}}}" for name in sorted(DEFAULT_FILTERS) if name not in ("default", "d")),
    *(f"{{{{ [[p]] | {name} }}}}" for name in sorted(DEFAULT_FILTERS) if name not in ("count", "length")),
    *(
        f"{{{{ {{'a': p}} | {name} }}}}"
        for name in sorted(DEFAULT_FILTERS)
        if name not in ("count", "length", "first", "last", "join", "min", "max")
    ),
    *(
        f"{{{{ p is {name} }}}}"
        for name in sorted(DEFAULT_TESTS)
        if name.isalpha() and name not in ("defined", "undefined", "none")
    ),
    *(f"{{{{ p.{name}() }}}}" for name in dir(str) if not name.startswith("_")),
    *(f"{{{{ word.{name}(p) }}}}" for name in dir(str) if not name.startswith("_")),
    *(
        f"{{{{ p {operator} 'x' }}}}"
        for operator in (
            "+",
            "-",
            "*",
            "/",
            "//",
            "%",
            "**",
            "==",
            "!=",
            "<",
            ">",
            "<=",
            ">=",
            "in",
            "not in",
            "and",
            "or",
        )
    ),
    *(
        f"{{{{ 'x' {operator} p }}}}"
        for operator in ("+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", ">", "<=", ">=", "in", "not in")
    ),
    *(f"{{{{ {name} }}}}" for name in DEFAULT_NAMESPACE),
    *(
        "{{ -p }}",
        "{{ +p }}",
        "{{ not p }}",
        "{{ p[0] }}",
        "{{ p[1:] }}",
        "{{ p.x }}",
        "{{ p() }}",
        "{{ {p: 1} }}",
        "{{ map[p] }}",
    ),
    *(
        "{% if p %}{% endif %}",
        "{% for c in p %}{% endfor %}",
        "{{ p if p else 1 }}",
        "{{ range(p) }}",
        "{{ [p] == ['x'] }}",
    ),
    *(
        "{{ list }}",
        "{{ map }}",
        "{{ none }}",
        "{{ nothing }}",
        "{{ word.upper }}",
        "{{ cycler }}",
        "{{ range(3) }}",
        "{{ p | default('x', true) }}",
    ),
    *(
        "{{ list | map('string') }}",
        "{{ list | select }}",
        "{{ list | batch(1) }}",
        "{{ namespace() }}",
        "{{ joiner() }}",
        "{{ lipsum() }}",
    ),
    *(
        "{% macro m() %}{% endmacro %}{{ m }}",
        "{% for x in list %}{{ loop }}{% endfor %}",
        "{{ self }}",
        "{{ list | random }}",
    ),
    *(
        "{{ peers | map('upper') | join }}",
        "{{ (word ~ p) | upper }}",
        "{% filter upper %}{{ p }}{% endfilter %}",
        "{% set x | trim %}{{ p }}{% endset %}",
    ),
    *(
        "{% autoescape true %}{{ p }}{% endautoescape %}",
        "{{ (1).to_bytes(3, 'big') }}",
        "{{ word.encode() }}",
        "{{ word.__class__ }}",
    ),
    *(
        "{{ word | attr('upper') }}",
        "{{ (p ~ '\n') | indent }}",
        "{{ word | sameas(word) }}",
        "{{ '%s' % word }}",
        "{{ word.format(1) }}",
    ),
]


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text, tmp_path):
    assert isinstance(rendered(tmp_path, text), str)


def test_the_place_is_the_line_of_the_template(tmp_path):
    rendered(tmp_path, "one\ntwo {{ word }}\n  {{ p | upper }}\n")
    [found] = api.model(tmp_path / "solution.bp").diagnostics
    assert api.as_json(found)["line"] == 3


def test_every_hash_seed_gives_the_same_bytes(tmp_path):
    text = "{{ map | dictsort | first | first }}{{ texts | unique | join }}{{ {'b': 1, 'a': 2} | tojson }}{{ texts | groupby(0) | length }}"
    assert rendered(tmp_path, text)
    results = {
        subprocess.run(
            [sys.executable, "-m", "bpc", "model", str(tmp_path / "solution.bp")],
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            check=True,
        ).stdout
        for seed in range(3)
    }
    assert len(results) == 1
