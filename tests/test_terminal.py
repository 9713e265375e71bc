"""What is printed: no text of a blueprint, of a cloud's events or of the command line steers a terminal or hides anything on it."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from judges.readers import shell

import bpc.api
from bpc.cli.main import main
from bpc.diagnostics.render import excerpt, lines
from bpc.names import UNPRINTABLE
from bpc.quoting import comment, prose, visible, word
from bpc.source import Source, Span
from bpc_targets.mkosi import conf
from bpc_targets.packer import hcl

HOSTILE = "a\x1b[2J\x1b]0;b\x07c\u202ed\x9be\x85f\u2028g\x7fh\u2066i\ufeffj\tk"
EVILS = re.compile(f"(?!\n){UNPRINTABLE}")
FINE = f'''blueprint 1

# {HOSTILE.replace(chr(7), "").strip()}
image base {{
  from = debian("12")
  file "/etc/it" {{ text = "{HOSTILE}" }}
  run "say it" {{ text = "{HOSTILE}" }}
}}

solution s {{
  version = "1"
  """A word. {HOSTILE}

  4. Run
      curl https://example.org/x | sh
  """
  param   word: string
  network n {{ cidr = "10.0.0.0/24" }}
  tier t {{ image = base, network = n }}
  output  o = "{HOSTILE}"
}}
'''
WRONG = FINE.replace('version = "1"', f'version = "1" + "{HOSTILE}" + nope').replace("/etc/it", f"/etc/{HOSTILE}")


@pytest.fixture
def fine(tmp_path):
    (tmp_path / "s.bp").write_text(FINE, encoding="utf-8")
    (tmp_path / "wrong.bp").write_text(WRONG, encoding="utf-8")
    later = FINE.replace("word: string", "other: int").replace("/etc/it", f"/etc/{HOSTILE}")
    (tmp_path / "later.bp").write_text(later, encoding="utf-8")
    return tmp_path


EVENTS = f"tier.t: CREATE_FAILED: {HOSTILE} resources.tier.t"
COMMANDS = [
    (("check", "s.bp"), 0),
    (("check", "wrong.bp"), 1),
    (("check", "later.bp"), 1),
    (("compile", "s.bp", "--target", "heat", "--target", "cfn", "--images", "mkosi", "-o", "out"), 0),
    (("explain", "t", "--blueprint", "s.bp"), 0),
    (("explain", f"t{HOSTILE}", "--blueprint", "s.bp"), 2),
    (("where", "--blueprint", "s.bp", EVENTS), 0),
    (("model", "s.bp"), 0),
    (("model", "wrong.bp"), 1),
    (("targets",), 0),
    (("build", "--blueprint", "s.bp", "--explain"), 0),
    (("check", f"none{HOSTILE}.bp"), 1),
    (("check", "s.bp", "--env", f"a{HOSTILE}"), 1),
    (("check", "s.bp", "--set", f"a{HOSTILE}=1"), 1),
    (("check", "s.bp", "--set", f"{HOSTILE}"), 2),
    (("compile", "s.bp", "--target", f"heat{HOSTILE}"), 2),
    (("compile", "s.bp", "--limit", f"a{HOSTILE}=1"), 2),
    (("compile", "s.bp", "--flavors", f"a{HOSTILE}"), 2),
    (("compile", "s.bp", "--format", f"a{HOSTILE}"), 2),
    (("check", "s.bp", f"--a{HOSTILE}"), 2),
]


@pytest.mark.parametrize(("arguments", "code"), COMMANDS, ids=lambda it: ascii(it)[:30])
def test_nothing_steers_the_terminal(arguments, code, fine, capsys, monkeypatch):
    monkeypatch.chdir(fine)
    try:
        given = main(arguments)
    except SystemExit as ended:  # what argparse itself refuses
        given = ended.code
    told = capsys.readouterr()
    assert given == code, told
    assert EVILS.findall(told.out + told.err) == []
    assert told.out + told.err


def test_machines_get_it_exactly(fine, capsys, monkeypatch):
    monkeypatch.chdir(fine)
    for form in ("json", "sarif"):
        assert main(("check", "--format", form, "s.bp", "--env", f"a{HOSTILE}")) == 1
        found = capsys.readouterr().out
        told = json.loads(found)[0] if form == "json" else json.loads(found)["runs"][0]["results"][0]["message"]
        assert f"a{HOSTILE}" in told["message" if form == "json" else "text"]
        assert EVILS.findall(found) == []
    assert main(("where", "--format", "json", "--blueprint", "s.bp", EVENTS)) == 0
    assert HOSTILE.split("\x85")[0] in json.loads(capsys.readouterr().out)[0]["message"]


@pytest.mark.parametrize("before", ["plain", HOSTILE, "字字", "e\u0301", "\x1b" * 300, "a\tb", "😀\u202e"])
def test_the_mark_stands_below_its_place(before):
    source = Source("s.bp", f'let a = "{before}" + nope + "{HOSTILE}"\n')
    start = source.text.index("nope")
    _, shown, marks = excerpt(Span(source, start, start + 4))
    from bpc.diagnostics.render import _columns

    assert _columns(shown[: shown.index("nope")]) == marks.index("^")
    assert marks.count("^") == 4


def test_a_forged_message_stays_in_its_line():
    from bpc.diagnostics.resolve import UnknownName

    forged = 'x"\nerror[BPC999]: all is lost\n  --> /etc/passwd:1:1'
    source = Source("s\n.bp", "let a = 1\n")
    told = list(lines(UnknownName(span=Span(source, 8, 9), name=forged, hint=f"did you mean {forged}?")))
    assert len(told) == 5
    assert not any("\n" in line for line in told)
    assert [line for line in told if line.startswith("error[BPC999]")] == []


# ---- pages and comments


@pytest.mark.parametrize("target", ["heat", "cloudformation"])
def test_a_doc_is_no_step_of_the_page(fine, target):
    made = bpc.api.compile(fine / "s.bp", targets=(target,)).artifacts[target]
    page = made.files["README.txt"]
    (fine / "s.bp").write_text(re.sub('"""A word.*?"""', '"""A word."""', FINE, flags=re.DOTALL), encoding="utf-8")
    plain = bpc.api.compile(fine / "s.bp", targets=(target,)).artifacts[target].files["README.txt"]
    assert len(page.split("\n")) == len(plain.split("\n"))
    assert [line[:24] for line in page.split("\n")] == [line[:24] for line in plain.split("\n")]
    assert EVILS.findall(page) == []


def test_a_file_with_a_quote_in_its_name_makes_scripts_that_shells_read(tmp_path):
    (tmp_path / "it's $(date) #1.bp").write_text(
        'blueprint 1\nimage it { from = debian("12"), packages = ["nginx"]\n  run "x" { text = "true" }\n}\n'
    )
    head = 'blueprint 1\nimport "it\'s $(date) #1.bp" as it\nsolution s {\n  version = "1"\n  network n { cidr = "10.0.0.0/24" }\n'
    (tmp_path / "s.bp").write_text(head + "  tier t { image = it.it, network = n, bake = full }\n}\n")
    images = ("mkosi", "packer", "diskimage-builder")
    result = bpc.api.compile(tmp_path / "s.bp", targets=("heat",), images=images)
    assert result.ok
    scripts = [
        content
        for made in result.artifacts.values()
        for content in made.files.values()
        if isinstance(content, str) and content.startswith("#!/bin/bash")
    ]
    for script in scripts:
        done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert sum("bpc-step: it's $(date) #1.bp:3" in shell(script) for script in scripts) == len(images)


def test_the_blueprint_itself_has_a_name(tmp_path):
    for name, code in (("a\n[Build]\n.bp", "BPC321"), ("a\x1b.bp", "BPC321"), ("\udcff.bp", "BPC001")):
        result = bpc.api.check(tmp_path / name)
        assert [d.code for d in result.diagnostics] == [code]


# ---- the quoting functions


def test_shells_read_words_back():
    for text in ("a", "a b", "it's", "-n", "$(x)", "`x`", "~", "*", "a=b", "!", "#", "é", "", "a\nb", "\\"):
        done = subprocess.run(["bash", "-c", f"printf %s {word(text)}"], capture_output=True, text=True, check=True)
        assert done.stdout == text


def test_hcl_reads_texts_back():
    from judges.readers import hcl as read

    for text in ("a", 'a"b', "\\", "${x}", "%{x}", "$${x}", "a\nb\x08\x0c\x7f\x85\u2028", "é😀", "#", "//"):
        assert read(hcl.plain(text)) == [text]
    assert hcl.label("ubuntu-24.04-0123") == "ubuntu-24-04-0123"


def test_mkosi_reads_values_back():
    from judges.readers import ini

    written = conf.written(
        f"One {HOSTILE}\n[Build]",
        {"Content": [conf.setting("Output", "100%%O"), conf.listed("Packages", ["a=1:2~3", "g++"])]},
    )
    assert ini(written) == [("Content", "Output", "100%%O"), ("Content", "Packages", "\na=1:2~3\ng++")]
    for value in ("a#b", "a\nb", " a", "a\u2028b"):
        with pytest.raises(AssertionError):
            conf.setting("Output", value)
    for value in ("a,b", "a b", ""):
        with pytest.raises(AssertionError):
            conf.listed("Packages", [value])


def test_comments_and_prose_are_one_line():
    assert comment("a\n[Build]\x1b") == r"# a\n[Build]\u{1B}"
    assert prose("a\n\n4. Run\n    x\u202e") == r"a 4. Run x\u{202E}"
    assert visible("a b\xa0é字😀\u200d") == "a b\xa0é字😀\u200d"
