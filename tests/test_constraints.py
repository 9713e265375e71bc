"""Constraints of params: judged when compiling, by Heat's own engine and by CloudFormation's rules, all alike; images that are chosen."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from heat.common.exception import HeatException
from heat.engine import environment
from heat.engine.stack import Stack
from heat.engine.template import Template
from hypothesis import given
from hypothesis import strategies as st
from judges import engine
from judges.cloudformation import judge as judged_by_amazon
from judges.heat import _as_the_client_reads, judge

import bpc.api
from bpc.language.patterns import PatternError, portable
from bpc.model.constraints import broken
from bpc.model.values import ALLOWED

BLUEPRINT = """blueprint 1
image small { from = debian("12"), packages = ["nginx"] }
image large { from = debian("12"), packages = ["nginx", "vim"] }
solution s {
  version = "1"
  param size: int = 3 { min = 1, max = 9, message = "one to nine" }
  param memory: size = 2GiB { min = 1GiB }
  param share: percent = 60% { allowed = [60%, 80%] }
  param site: port = 8080 { min = 1024 }
  param name: string = "web-1" { pattern = "[a-z]+(-\\\\d+)?|x.*", min_length = 2, max_length = 8 }
  param colour: string = "red" { allowed = ["red", "dark green"] }
  param from: cidr = "10.0.0.0/8" { allowed = ["10.0.0.0/8", "192.0.2.0/24"], message = "an office" }
  param base: image = small { allowed = [small, large] }
  network n { cidr = "10.0.0.0/24" }
  tier t { image = base, network = n }
  output all = "${size} ${memory} ${share} ${site} ${name} ${colour} ${from}"
  environment big {
    let base = large
    let size = 9
  }
}
"""
WRONG = {
    "size": ("0", "10"),
    "memory": ("1048576",),
    "share": ("70",),
    "site": ("80", "65536"),
    "name": ("a", "web-12345", "Web", "web-1\n", "web-1 ", "web-٣", "x\x85y", "x\ny"),
    "colour": ("green", "red ", "", "redd"),
    "from": ("10.0.0.0/16", "192.0.2.0/24x"),
}
"""Values that are refused, by parameter."""
FITTING = {
    "size": ("1", "9"),
    "memory": ("1073741824",),
    "share": ("60", "80"),
    "site": ("1024", "65535"),
    "name": ("ab", "web-1", "x!é\t=x", "web-1234"),
    "colour": ("dark green",),
    "from": ("192.0.2.0/24",),
}
CASES = [
    (name, value, good) for good, table in ((False, WRONG), (True, FITTING)) for name in table for value in table[name]
]


def made(folder, target, **choice):
    (folder / "solution.bp").write_text(BLUEPRINT)
    result = bpc.api.compile(folder / "solution.bp", targets=(target,), **choice)
    assert [item.text for item in result.diagnostics if item.severity == "error"] == []
    for name, text in result.artifacts[target].files.items():
        path = folder / "out" / target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return result


@pytest.fixture(scope="module")
def on_heat(tmp_path_factory):
    """The stack as Heat's engine has it with one parameter of another value."""
    folder = tmp_path_factory.mktemp("heat")
    made(folder, "heat")
    context = engine.start()
    template, files, known = _as_the_client_reads(folder / "out/heat")

    def validate(name, value):
        values = {**known.get("parameters", {}), "image_t": "it", name: value}
        stack = Stack(
            context, "given", Template(template, files=files, env=environment.Environment({"parameters": values}))
        )
        stack.parameters.validate(validate_value=True, context=context)

    return validate


@pytest.mark.slow
@pytest.mark.parametrize(("name", "value", "good"), CASES)
def test_heat_asks_for_the_same(name, value, good, on_heat):
    if good:
        on_heat(name, value)
    else:
        with pytest.raises(HeatException, match=name):
            on_heat(name, value)


@pytest.mark.slow
def test_heat_says_the_message(on_heat):
    with pytest.raises(HeatException, match="one to nine"):
        on_heat("size", "10")
    with pytest.raises(HeatException, match="an office"):
        on_heat("from", "10.0.0.0/33")


@pytest.mark.parametrize(("name", "value", "good"), CASES)
def test_cloudformation_asks_for_the_same(name, value, good, tmp_path):
    made(tmp_path, "cloudformation")
    template = yaml.safe_load((tmp_path / "out/cloudformation/stack.yaml").read_text())
    asked = template["Parameters"][f"Param{name.capitalize()}"]
    assert refused(value, asked) is not good


def refused(value, asked):
    """Whether CloudFormation refuses a value, by what its documentation says of each property; texts are compared as they are."""
    return (
        ("AllowedValues" in asked and value not in asked["AllowedValues"])
        or ("MinValue" in asked and float(value) < asked["MinValue"])
        or ("MaxValue" in asked and float(value) > asked["MaxValue"])
        or ("MinLength" in asked and len(value) < asked["MinLength"])
        or ("MaxLength" in asked and len(value) > asked["MaxLength"])
        or ("AllowedPattern" in asked and re.fullmatch(asked["AllowedPattern"], value) is None)
    )


@pytest.mark.slow
def test_the_judges_take_the_stacks_and_refuse_a_wrong_default(tmp_path):
    made(tmp_path, "heat", settings={"size": "4"})
    assert judge(tmp_path / "out/heat") == []
    files = made(tmp_path, "cloudformation").artifacts["cloudformation"].files
    assert judged_by_amazon(files) == [] == linted(files["stack.yaml"])
    for old, new in (
        ("Default: red", "Default: blue"),
        ("Default: web-1", "Default: Web"),
        ('Default: "3"', "Default: 12"),
    ):
        assert old in files["stack.yaml"]
        assert [rule for rule, _ in linted(files["stack.yaml"].replace(old, new))] == ["E2015"]


def linted(text):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    found = lint(text, config=ManualArgs(regions=["eu-west-1"], include_checks=["I"]))
    return [(match.rule.id, match.message) for match in found]


@pytest.mark.parametrize(
    ("name", "value", "good"), [case for case in CASES if case[0] in ("size", "name", "colour", "from")]
)
def test_compiling_asks_for_the_same(name, value, good, tmp_path):
    (tmp_path / "solution.bp").write_text(BLUEPRINT)
    text = value if name == "size" else json.dumps(value, ensure_ascii=False).replace("\x85", "\\u{85}")
    result = bpc.api.check(tmp_path / "solution.bp", settings={name: text})
    told = [item for item in result.diagnostics if item.severity == "error" and not item.environments]
    assert not told if good else told
    assert all(item.span.source.name == f"--set {name}" for item in told)


@pytest.mark.parametrize(
    ("choice", "packages"),
    [
        ({}, ["nginx"]),
        ({"settings": {"base": "large"}}, ["nginx", "vim"]),
        ({"environment": "big"}, ["nginx", "vim"]),
        ({"environment": "big", "settings": {"base": "small"}}, ["nginx"]),
    ],
)
def test_an_image_is_chosen(choice, packages, tmp_path):
    model = made(tmp_path, "heat", **choice).model
    assert [step["names"] for image in model["images"] for layer in image["layers"] for step in layer["steps"]] == [
        packages
    ]
    assert "base" not in [param["name"] for param in model["params"]]


def test_an_environment_gives_another_default(tmp_path):
    model = made(tmp_path, "heat", environment="big").model
    [size] = [param for param in model["params"] if param["name"] == "size"]
    assert (size["default"], size["constraints"]["most"], size["type"]) == (9, 9, "int")


def test_the_image_of_another_file_with_its_arguments(tmp_path):
    (tmp_path / "images.bp").write_text(
        'blueprint 1\nimage base { from = debian("12"), param text: string = "vim", packages = [text] }\n'
        'image other { from = base, packages = ["vim"] }\n'
    )
    (tmp_path / "solution.bp").write_text(
        'blueprint 1\nimport "images.bp" as images\nsolution s {\n  version = "1"\n  param base: image = images.base\n'
        '  network n { cidr = "10.0.0.0/24" }\n  tier t { image = base, network = n }\n'
        '  tier u { image = base(text = "nano"), network = n }\n}\n'
    )
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("heat",))
    assert result.ok and len(result.model["images"]) == 2
    assert bpc.api.compile(
        tmp_path / "solution.bp", targets=("heat",), settings={"base": 'images.base(text = "tree")'}
    ).ok
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("heat",), settings={"base": "images.nothing"})
    assert [item.code for item in result.diagnostics] == ["BPC204"]


def test_people_are_told(tmp_path):
    files = made(tmp_path, "heat", settings={"name": '"web-1"'}).artifacts["heat"].files
    assert "colour = ?" not in files["README.txt"]
    text = BLUEPRINT.replace('colour: string = "red"', "colour: string")
    (tmp_path / "solution.bp").write_text(text)
    for target, name in (("heat", "colour"), ("cloudformation", "ParamColour")):
        files = bpc.api.compile(tmp_path / "solution.bp", targets=(target,)).artifacts[target].files
        assert f'{name} = ?  (value, no default; one of "red" and "dark green")' in files["README.txt"]


# ---- patterns

SIMPLE = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "\\d", "\\n", "ab", "é", "[-a]", "\\.", "(ab|c)"])
PATTERNS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}"])).map(
            lambda two: f"({two[0]}){two[1]}"
        ),
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text(alphabet="ab.c-1\né\x85", max_size=8))
def test_a_portable_pattern_means_what_was_written(pattern, text):
    try:
        made = portable(pattern).text
    except PatternError:
        return
    written = re.fullmatch(pattern, text, re.ASCII) is not None
    valid = re.fullmatch(ALLOWED, text) is not None
    assert (re.fullmatch(made, text) is not None) is (written and valid)
    found = re.match(f"^{made}$", text)  # as Heat does it
    assert (found is not None and found.end() == len(text)) is (written and valid)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a*)*",
        "(a|a)*",
        "(a|ab)(c|bcd)(d*)+",
        "(a?){30}",
        "a?" * 30 + "a" * 30,
        ".*.*.*.*x",
        "(.+)+x",
        "([a-z]{1,20}){1,20}",
        "(a|b|ab)*c",
        "(|)(|)",
        "((a{100}){100}){100}",
        "(" * 40 + "a" + ")" * 40,
        "a{99999999}",
        "x" * 501,
        "(((){1000}){1000}){1000}",
        "(a{0,30}b?){0,30}",
        "(a|[ab])(a|[ab])" * 9,
    ],
)
def test_a_pattern_that_takes_too_long_is_refused(pattern):
    with pytest.raises(PatternError):
        portable(pattern)


@given(PATTERNS, st.sampled_from(["a", "b", "ab", ".", "1"]))
def test_an_engine_tries_no_more_than_there_are_places(pattern, part):
    """Of what is left, a long text that fails at its end takes an engine no time; of what is refused it may take years."""
    try:
        made = portable(pattern).text
    except PatternError:
        return
    re.fullmatch(made, part * 2000 + "\x00")


def test_hostile_patterns_end_within_the_budget(tmp_path):
    params = "".join(
        f'  param p{n}: string = "a" {{ pattern = "([a-z0-9]{{1,200}}[A-Z]){{1,4}}{n}" }}\n' for n in range(2000)
    )
    used = "".join(f"${{p{n}}}" for n in range(2000))
    text = BLUEPRINT.replace("  network n", params + "  network n", 1).replace(
        "  output all", f'  output more = "{used}"\n  output all', 1
    )
    (tmp_path / "solution.bp").write_text(text)
    result = bpc.api.check(tmp_path / "solution.bp")
    assert {item.code for item in result.diagnostics} & {"BPC430", "BPC451"}


def test_a_long_value_is_not_matched():
    from bpc.model.solution import Constraints

    assert broken("a" * 4097, "string", Constraints(pattern="a*")) == ("pattern", "at most 4,096 characters", "4,097")
    assert broken("a" * 4096, "string", Constraints(pattern="a*")) is None


@pytest.mark.parametrize(
    ("choice", "packages"),
    [({}, 0), ({"settings": {"base": "base"}}, 0), ({"settings": {"base": "other"}}, 1), ({"environment": "e"}, 1)],
)
def test_a_param_may_be_called_as_a_template(choice, packages, tmp_path):
    """Inside its own value the name means the template: `param base: image = base`."""
    (tmp_path / "solution.bp").write_text(
        'blueprint 1\nimage base { from = debian("12") }\nimage other { from = base, packages = ["vim"] }\nsolution s {\n  version = "1"\n'
        '  param base: image = base { allowed = [base, other] }\n  network n { cidr = "10.0.0.0/24" }\n'
        "  tier t { image = base, network = n }\n  environment e { let base = other }\n}\n"
    )
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("heat",), **choice)
    assert result.diagnostics == () and len(result.model["images"][0]["layers"]) == packages
