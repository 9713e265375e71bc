"""Values that are given at deployment: in every place that takes one, each reads back as it was put in.

The substitution is Heat's own and CloudFormation's as its reference has it (`judges/deployed.py`); the readers are those of
the machine: a YAML reader, cloud-init's way to files, the program that fetches values on AWS, and real shells.
"""

from __future__ import annotations

import base64
import gzip
import os
import re
import string
import subprocess
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from heat.common.exception import StackValidationFailed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judges import deployed
from judges.readers import load

import bpc.api
from bpc.model.values import ALLOWED
from bpc.provision.runner import HOME

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "s3cretOfTheCloud"
BLUEPRINT = r"""blueprint 1
image it {
  from = debian("12")
  param p: string
  param s: secret
  param hosts: endpoint
  file "/etc/whole" { text = p }
  file "/etc/line" { text = "a = ${p}\n" }
  file "/etc/lines" { text = "\n  x ${p}\n\n ${p}y\n\n\n" }
  file "/etc/start" { text = "${p} b" }
  file "/etc/end" { text = "\t ${p}${p}" }
  file "/etc/spaces" { text = " \n\t${p} \t" }
  file "/etc/odd" { text = "\u{2028}\u{85}\u{7} ${p} \u{1f600}\u{feff}\n" }
  file "/etc/quoted" { text = "A=${quote(p)} B=${quote("it's ${quote(p)}")}\n" }
  file "/etc/marks" { text = "@@param.p@@ @@~param.p@@ %index% \u{a4}0\u{a4} \u{a4} \${p} ${p} $\u{7b}x \u{f600}" }
  file "/etc/private" { text = "\u{a4}${p}|${s}|${p}\n", mode = "0640" }
  file "/etc/private-end" { text = "${s}${p}" }
  file "/etc/template" { template = "t.j2" }
  file "/etc/hosts-list" { text = join("\n\"\u{2028}'", hosts.hosts) }
  user u { ssh_keys = ["ssh-ed25519 AAAA ${p}", p] }
  configure { with = ansible, playbook = "site.yml", vars = { whole = p, list = [p, "a ${p} b"], deep = { end = "\n${p}" }, secret = s, q = quote(p) } }
}
image puppet {
  from = debian("12")
  param p: string
  configure { with = puppet, server = p, settings = { listed = ["a", p, "b"] } }
}
image salt {
  from = debian("12")
  param p: string
  configure { with = salt, master = p, grains = { g = [p] } }
}
image shells {
  from = debian("12")
  param p: string
  param s: secret
  run "variable" { text = "printf %s \"$P\" >HOME/out/variable; printf %s \"$S$N$B$L\" >HOME/out/others", environment = { P = p, S = s, N = 3, B = true, L = "it's" } }
  run "quoted" { text = "printf %s ${quote(p)} >HOME/out/quoted\nprintf '%s|' ${quote("a ${p} 'b'")} x${quote(p)}x >HOME/out/words" }
  run "twice" { text = "sh -c ${quote("printf %s ${quote(p)}")} >HOME/out/twice" }
  run "secret" { text = "#!/bin/bash -e\nprintf %s ${quote(s)} >HOME/out/secret" }
  run "another language" { text = "#!/usr/bin/env python3\nimport os\nopen('HOME/out/python', 'wb').write(os.environb[b'P'])", environment = { P = p } }
  run "a file" { script = "x.sh", environment = { P = p, EMPTY = "" } }
}
solution s {
  version = "1"
  param p: string
  secret pw
  network n { cidr = "10.0.0.0/24", public = true }
  tier t {
    image   = it(p = p, s = pw, hosts = t.http)
    network = n
    bake    = base
    count   = 2
    volume data { size = 1GiB, mount = "/data" }
    expose http { port = 80 }
  }
  tier scaled { image = it(p = p, s = pw, hosts = t.http), network = n, bake = base, count = 1..2
    scale { metric = cpu, target = 60% }
  }
  tier puppet { image = puppet(p = p), network = n }
  tier salt { image = salt(p = p), network = n }
  tier shells { image = shells(p = p, s = pw), network = n, bake = full, metadata = open }
  output whole = p
  output within = "a ${p} \${p} ${quote(p)}"
}
"""
FILES = {
    "t.j2": "{{ p }}\n{{ s }} {{ p }}\n",
    "site.yml": "- hosts: all\n",
    "x.sh": '#!/bin/sh\nprintf %s "$P" >HOME/out/file\ntest "${EMPTY-unset}" = ""\n',
}
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pw-AbCdEf"
ADDRESSES = ("10.0.0.4", "10.0.0.5")


def word(text: str) -> str:
    """A text as one word of a shell, as `quote` makes it."""
    return "'" + text.replace("'", "'\\''") + "'"


IT = "it's"
HOSTS = "\n\"\u2028'".join(ADDRESSES)
PLACES: dict[str, Callable[[str], str]] = {
    "/etc/whole": lambda p: p,
    "/etc/line": lambda p: f"a = {p}\n",
    "/etc/lines": lambda p: f"\n  x {p}\n\n {p}y\n\n\n",
    "/etc/start": lambda p: f"{p} b",
    "/etc/end": lambda p: f"\t {p}{p}",
    "/etc/spaces": lambda p: f" \n\t{p} \t",
    "/etc/odd": lambda p: f"\u2028\x85\x07 {p} \U0001f600\ufeff\n",
    "/etc/quoted": lambda p: f"A={word(p)} B={word(IT + ' ' + word(p))}\n",
    "/etc/marks": lambda p: f"@@param.p@@ @@~param.p@@ %index% ¤0¤ ¤ ${{p}} {p} ${{x \uf600",
    "/etc/private": lambda p: f"¤{p}|{SECRET}|{p}\n",
    "/etc/private-end": lambda p: f"{SECRET}{p}",
    "/etc/template": lambda p: f"{p}\n{SECRET} {p}\n",
    "/etc/hosts-list": lambda _: HOSTS,
}
SHELLS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("variable", "quoted", "twice", "python", "file"), lambda p: p),
    "others": lambda _: f"{SECRET}3trueit's",
    "words": lambda p: f"a {p} 'b'|x{p}x|",
    "secret": lambda _: SECRET,
}

AWKWARD = [
    *sorted(set(string.punctuation) | {" ", "\t", "\n"}),
    string.ascii_letters + string.digits,
    "",
    r"CORP\admin",
    'say "hi"',
    r"a literal \n and \t and \x41 and \u0041",
    "it's",
    "'",
    "''",
    "'; touch /tmp/x; '",
    "$(touch /tmp/x) `id` ${HOME} $HOME !! ~ *",
    "%s %index% %%",
    "${AWS::StackName} ${!x} ${p} ${",
    "{{ p }} {% raw %}",
    "@@param.p@@ @@~param.p@@ @@~param.p~2@@ @@~~param.p@@ @@secret.pw@@ @@signal@@",
    "¤0¤ ¤ ¤¤ ¥0¥",
    "\uf600 \uf601",
    "null",
    "yes",
    "~",
    "1",
    "0x1f",
    "1.50",
    "2026-01-01",
    "a: b",
    "- a",
    "# a",
    "a #b",
    "&a *b !c |d >e",
    "? x",
    "[a, b]",
    "{a: b}",
    "---",
    "...",
    "a\n---\nb\n...\nc",
    " leading and trailing ",
    "\tleading and trailing\t",
    "\n\nleading and trailing\n\n",
    "two\nlines",
    "  indented\n    more\n less\n",
    "x\nBPC_SCRIPT\necho hello\n",
    "-n",
    "-e \\c",
    "-----BEGIN CERTIFICATE-----\nMIIB+/=\nAAAA\n-----END CERTIFICATE-----\n",
    "emoji \U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 combining e\u0301 \u202eright to left",
    "\ufeff\u00a0\u00ad\u200b\ue000\ufffd\U0010fffd",
    "é中ß",
]


@cache
def compiled() -> dict[str, dict[str, str]]:
    """The stacks' files, made once."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        for name, text in {"solution.bp": BLUEPRINT, **FILES}.items():
            with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                file.write(text.replace("HOME", HOME))
        result = bpc.api.compile(f"{folder}/solution.bp", targets=("heat", "cloudformation"))
    assert [d.text for d in result.diagnostics if d.severity == "error"] == []
    return {target: made.files for target, made in result.artifacts.items()}


@cache
def template() -> Any:
    return load(compiled()["cloudformation"]["stack.yaml"])


def attribute(path: list[Any]) -> Any:
    """What a resource of the running Heat stack says of itself."""
    name, wanted = path[0], path[1]
    if name.startswith("secret."):
        return SECRET
    return ADDRESSES[int(name.rpartition(".")[2])] if wanted == "fixed_ips" else f"{name}.{wanted}"


class Filled(dict[str, str]):
    """What CloudFormation's references give."""

    def __missing__(self, name: str) -> str:
        if name.startswith("Secret"):
            return ARN
        if name.endswith(".PrimaryPrivateIpAddress"):
            return ADDRESSES[int(name.partition(".")[0][-1])]
        return f"ref-{name}"


def on_heat(value: str) -> dict[str, str]:
    return deployed.heat(compiled()["heat"], {"p": value}, attribute)


def on_aws(value: str) -> dict[str, str]:
    tiers = {
        name.removeprefix("Template").lower(): name for name in template()["Resources"] if name.startswith("Template")
    }
    return {tier: deployed.user_data(template(), name, Filled(ParamP=value)) for tier, name in tiers.items()}


CLOUDS = {"heat": on_heat, "cloudformation": on_aws}


def written(user_data: str, folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The cloud-config, and what is in each file when cloud-init and the program that fetches values are done."""
    config = load(user_data.replace(HOME, str(folder)))
    contents = {entry["path"]: unpacked(entry).replace(HOME, str(folder)) for entry in config["write_files"]}
    own = {path: text for path, text in contents.items() if path.startswith(str(folder))}
    folder.mkdir(exist_ok=True)
    for path, text in own.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    if f"{folder}/prepare" in own:
        fetch(own[f"{folder}/prepare"])
    for path in own:
        with open(path, encoding="utf-8", newline="") as file:
            contents[path] = file.read()
    placed = re.findall(r"^install .* (\S+/file-\w+) '(.*)'$", contents[f"{folder}/first-boot"], re.MULTILINE)
    contents |= {path: contents[place] for place, path in placed}
    return config, {path.replace(str(folder), HOME): text for path, text in contents.items()}


def unpacked(entry: dict[str, Any]) -> str:
    if entry.get("encoding") == "gz+b64":
        return gzip.decompress(base64.b64decode(entry["content"])).decode()
    return str(entry["content"])


def fetch(program: str) -> None:
    """Runs the program with stand-ins for the two services that it asks, twice: a second run changes nothing."""
    definitions = program.partition("\nfor attempt in")[0]
    for _ in range(2):
        names: dict[str, Any] = {}
        exec(compile(definitions.replace("import aws\n", ""), "prepare", "exec"), names)
        names |= {"NAMED": False, "secret": {ARN: SECRET}.__getitem__}
        names["aws"] = SimpleNamespace(metadata=lambda path: f"vol-{path[-4:]}")
        names["prepare"]()


def check_places(value: str, texts: dict[str, str], folder: Path) -> None:
    for tier in ("t", "scaled"):
        config, contents = written(texts[tier], folder / tier)
        assert tier != "t" or yaml.safe_load(texts[tier]) == load(texts[tier]), "as cloud-init reads it"
        assert {path: contents[path] for path in PLACES} == {path: text(value) for path, text in PLACES.items()}
        [user] = config["users"][1:]
        assert user["ssh_authorized_keys"] == [f"ssh-ed25519 AAAA {value}", value]
        told = load(contents[f"{HOME}/configure-vars.yaml"])
        expected = {"whole": value, "list": [value, f"a {value} b"], "deep": {"end": f"\n{value}"}, "secret": SECRET}
        assert told == expected | {"q": word(value)}
    agent = module(texts["puppet"], folder / "puppet")["puppet"]["conf"]["agent"]
    assert agent == {"server": value, "listed": f"a,{value},b"}
    assert module(texts["salt"], folder / "salt")["salt_minion"] == {
        "grains": {"g": [value]},
        "conf": {"master": value},
    }


def module(user_data: str, folder: Path) -> Any:
    """What the platform's module is called with."""
    return load(written(user_data, folder)[1][f"{HOME}/configure.yaml"])


def check_shells(value: str, texts: dict[str, str], folder: Path) -> None:
    written(texts["shells"], folder)
    (folder / "out").mkdir()
    runner = (folder / "first-boot").read_text(encoding="utf-8", errors="surrogateescape")
    runner = runner.replace("/var/log/bpc-first-boot.log", f"{folder}/log")
    (folder / "signal").write_text("#!/bin/sh\ncat >/dev/null\n")
    (folder / "signal").chmod(0o700)
    (folder / "first-boot").write_text(runner, encoding="utf-8", newline="")
    done = subprocess.run(["bash", folder / "first-boot"], stdin=subprocess.DEVNULL, check=False, timeout=60)
    assert done.returncode == 0, (folder / "log").read_text(errors="replace")
    found = {path.name: path.read_bytes().decode() for path in (folder / "out").iterdir()}
    assert found == {name: text(value) for name, text in SHELLS.items()}
    assert not (folder / "step").exists()


def check_outputs(value: str) -> None:
    within = f"a {value} ${{p}} {word(value)}"
    made = deployed.outputs(compiled()["heat"], {"p": value}, attribute)
    assert (made["whole"], made["within"]) == (value, within)
    outputs = {name: item["Value"] for name, item in template()["Outputs"].items()}
    assert deployed.resolved(outputs["Whole"], Filled(ParamP=value)) == value
    assert deployed.resolved(outputs["Within"], Filled(ParamP=value)) == within


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("value", AWKWARD, ids=ascii)
def test_every_value_reads_back(value, cloud, tmp_path):
    texts = CLOUDS[cloud](value)
    check_places(value, texts, tmp_path)
    check_shells(value, texts, tmp_path / "machine")
    if cloud == "heat":
        check_outputs(value)


LETTERS = st.one_of(
    st.sampled_from("'\"\\\n\t $%{}@¤:#&*!|>-~`"),
    st.characters(exclude_categories=("Cs", "Cc")).filter(lambda char: re.fullmatch(ALLOWED, char)),
)


@pytest.mark.parametrize("cloud", CLOUDS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(value=st.text(LETTERS, max_size=30))
def test_generated_values_read_back(cloud, tmp_path_factory, value):
    folder, texts = tmp_path_factory.mktemp("value"), CLOUDS[cloud](value)
    check_places(value, texts, folder)
    check_shells(value, texts, folder / "machine")


# ---- which values there are


REFUSED = ["\0", "\x07", "\r", "\x1f", "\x7f", "\x80", "\x85", "\x9f", "\u2028", "\u2029", "\ufffe", "\uffff"]


@pytest.mark.parametrize("value", ["", *AWKWARD], ids=ascii)
def test_clouds_take_what_reads_back(value):
    definition = template()["Parameters"]["ParamP"]
    assert re.fullmatch(definition["AllowedPattern"], value)
    assert "control characters" in definition["ConstraintDescription"]
    deployed.check_parameters(compiled()["heat"], {"p": value})


@pytest.mark.parametrize("value", REFUSED, ids=ascii)
def test_clouds_refuse_what_would_not(value):
    assert not re.fullmatch(template()["Parameters"]["ParamP"]["AllowedPattern"], f"a{value}b")
    with pytest.raises(StackValidationFailed, match="control characters"):
        deployed.check_parameters(compiled()["heat"], {"p": f"a{value}b"})


def test_other_types_are_written_as_the_compiler_writes_them(tmp_path):
    (tmp_path / "solution.bp").write_text(
        'blueprint 1\nimage it {\n  from = debian("12")\n  param b: bool\n  param i: int\n  param n: number\n'
        '  file "/etc/x" { text = "${b} ${i} ${n} ${quote(b)}" }\n}\n'
        'solution s {\n  version = "1"\n  param yes: bool = true\n  param i: int = 3\n  param number: number = 1.5\n'
        '  network n { cidr = "10.0.0.0/24" }\n'
        "  tier t { image = it(b = yes, i = i, n = number), network = n, bake = base }\n"
        '  output o = "${yes} ${i} ${number}"\n  output plain = yes\n}\n'
    )
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("heat",))
    files = result.artifacts["heat"].files
    for parameters, expected in (({}, "true 3 1.5"), ({"yes": False, "i": "-4", "number": 2}, "false -4 2")):
        config = yaml.safe_load(deployed.heat(files, parameters, attribute)["t"])
        [content] = [entry["content"] for entry in config["write_files"] if entry["path"] == "/etc/x"]
        assert content == f"{expected} {word(expected.split()[0])}"
        made = deployed.outputs(files, parameters, attribute)
        assert (made["o"], made["plain"]) == (expected, expected.startswith("true"))


# ---- compile-time values


@pytest.mark.parametrize("value", AWKWARD, ids=ascii)
def test_quote_of_a_known_value_is_computed(value, tmp_path):
    text = "".join(f"\\u{{{ord(char):x}}}" for char in value)
    (tmp_path / "solution.bp").write_text(
        'blueprint 1\nimage it {\n  from = debian("12")\n'
        f'  file "/etc/x" {{ text = quote("{text}") }}\n'
        f'  run "x" {{ text = "printf %s \\"$V\\"", environment = {{ V = "{text}" }} }}\n}}\n'
        'solution s {\n  version = "1"\n  network n { cidr = "10.0.0.0/24" }\n  tier t { image = it, network = n, bake = full }\n}\n'
    )
    result = bpc.api.compile(tmp_path / "solution.bp", targets=(), images=("mkosi",))
    assert result.diagnostics == ()
    files = result.artifacts["mkosi"].files
    quoted = next(text for name, text in files.items() if name.endswith("image/etc/x"))
    assert quoted == word(value)
    printed = subprocess.run(["sh", "-c", f"printf %s {quoted}"], capture_output=True, check=True).stdout
    assert printed.decode() == value
    script = next(text for name, text in files.items() if name.endswith("postinst.chroot") and "BPC_SCRIPT" in text)
    (tmp_path / "lib").mkdir()
    section = script.partition("\necho 'bpc-step: ")[2].partition("cat >")[2].partition("\nrm -f")[0]
    step = f"cat >{section}".replace(HOME, f"{tmp_path}/lib")
    assert subprocess.run(["bash", "-c", step], capture_output=True, check=True).stdout.decode() == value
