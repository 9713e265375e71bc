"""Names and texts cannot break out: every awkward character in every setting and label that the vocabulary knows.

It is either refused at its place, or everything that is emitted says the same as for a plain value, but for the value: read by
readers of the languages that it is written in (`judges/readers.py`), no key, word, line or step more or less.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from judges import readers

import bpc.api
from bpc.driver import build_model
from bpc.names import FREE, UNPRINTABLE
from bpc.vocabulary import BLOCKS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

BAKES = ("base", "software", "full")
STACKS, BUILDERS = ("heat", "cloudformation"), ("mkosi", "packer", "diskimage-builder")
CONTROLS = [chr(n) for n in (*range(1, 32), *range(0x7F, 0xA0))]
UNSEEN = [chr(n) for n in (0x2028, 0x2029, 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]
UNSEEN += ["\u200b", "\ufeff", "\ufdd0", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff", "\U000e0041"]
REFUSED = [*CONTROLS, *UNSEEN]
AWKWARD = [
    *" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "\xa0",
    "é",
    "ß",
    "\u3000",
    "字",
    "😀",
    "\ue000",
    "\uf600",
    "\u200d",
    "\u0301",
]

STARTS = "'#~-"
"""First characters that mean something somewhere."""

PLAIN = {
    "path": "/srv/Qzq/x",
    "creates": "/srv/Qzq/x",
    "mount": "/srv/Qzq/x",
    "home": "/srv/Qzq/x",
    "shell": "/srv/Qzq/x",
    "source": "Qzq.bin",
    "health": "/Qzq/x",
    "key": "ssh-ed25519 AAAA Qzq",
    "mode": "0640",
    "codes": "204",
    "account": "qzq",
    "repository url": "https://example.org/Qzq",
    "unit": "Qzq.service",
}
"""A valid value of each form; of the others it is `Qzq`."""
OWN_RULES = {("artifact", "sha256"): "0" * 64, **{(block, "was"): "Qzq" for block in BLOCKS}}
"""Settings whose values have rules of their own."""
FIELDS = {
    "solution": {"version": '"1"'},
    "machine": {"cpu": "1"},
    "expose": {"port": "80", "protocol": "https", "balance": "round_robin", "health": '"/ok"', "tls": '"arn:x"'},
    "volume": {"size": "1GiB", "mount": '"/data"'},
    "image": {"packages": '["nginx"]'},
    "file": {"text": '"x"'},
    "artifact": {
        "source": '"https://example.org/a.tar.gz"',
        "version": '"1"',
        "licence": '"MIT"',
        "sha256": '"' + "0" * 64 + '"',
    },
    "run": {"text": '"true"'},
    "repository": {"url": '"https://example.org/apt"', "suite": '"stable"', "key": '"Qkey"'},
}
FIELDS |= {"native": {"heat": '"Qheat"', "cloudformation": '"Qcloud"'}, "override": {"heat": '"Qplain"'}}
FIELDS |= {"ready": {"script": '"Qneeded"'}, "health": {"path": '"/ok"'}}
NATIVE = {
    "Qheat": "parameters: { it: { default: x } }\n"
    "resources: { a: { type: 'OS::Heat::Value', properties: { value: { get_param: it } } } }\n",
    "Qcloud": "Parameters: { it: { Default: x } }\n"
    "Resources: { A: { Type: 'AWS::SSM::Parameter', Properties: { Type: String, Value: !Ref it } } }\n",
    "Qover": "properties: { description: { get_param: it } }\n",
    "Qplain": "properties: { description: x }\n",
    "Qtheirs": "Properties: { GroupDescription: x }\n",
}
"""Files in the clouds' own terms."""
CONTENT_OF = {
    ("native", "heat"): "Qheat",
    ("native", "cloudformation"): "Qcloud",
    ("override", "heat"): "Qplain",
    ("override", "cloudformation"): "Qtheirs",
}
LABELS = {
    "repository": "it",
    "override": "security.tier_it",
    "file": "/etc/it",
    "artifact": "/opt/it",
    "run": "it",
    "service": "it",
    "user": "it",
}
CONTENT = {"file": ("text", "source", "template"), "run": ("script", "text"), "override": ("heat", "cloudformation")}
PLATFORMS = {"ansible": "playbook", "puppet": "server", "chef": "server_url validation_name", "salt": "master"}
KEY = Path(__file__).parent / "fine" / "everything" / "files" / "vendor.asc"
FILES = {("file", "source"), ("file", "template"), ("run", "script"), ("service", "unit")}
FILES |= {(block, cloud) for block in ("native", "override") for cloud in ("heat", "cloudformation")}
FILES |= {
    ("repository", "key"),
    ("ready", "script"),
    ("artifact", "source"),
    ("configure", "playbook"),
    ("configure", "files"),
}
"""Settings that name files of the project."""


def textual(kind: str) -> bool:
    return kind in ("string", "service", "list(string)", "map(any)")


SETTINGS = [
    (block, name)
    for block, keyword in BLOCKS.items()
    for name, word in keyword.settings.items()
    if textual(word.type) and word.form != FREE
]
LABELLED = [
    (block, "")
    for block, keyword in BLOCKS.items()
    if keyword.label and block not in ("solution", "environment", "image")
]
CALLS = [("call", name) for name in ("cloud_image", "debian")]
SLOTS = [*SETTINGS, *LABELLED, *CALLS]


def form(slot: tuple[str, str]) -> str:
    block, name = slot
    if block == "call":
        return FUNCTIONS[name].form
    return BLOCKS[block].settings[name].form if name else BLOCKS[block].form


def plain(slot: tuple[str, str]) -> str:
    return OWN_RULES.get(slot) or PLAIN.get(form(slot), "Qzq")


def quoted(value: str) -> str:
    """A string of the language."""
    escapes = {'"': r"\"", "\\": r"\\", "$": r"\$", "\n": r"\n", "\t": r"\t", "\r": r"\u{D}"}
    return '"' + "".join(escapes.get(char, char) for char in value) + '"'


def blueprint(slot: tuple[str, str], value: str, bake: str = "base") -> str:
    """A blueprint with one of everything, and the value in one place."""
    block, name = slot

    def literal(setting: str) -> str:
        kind = BLOCKS[block].settings[setting].type
        text = quoted(value)
        return {"list(string)": f'["it", {text}]', "map(any)": f"{{ it = {text} }}"}.get(kind, text)

    def fields(of: str, **more: str) -> str:
        given = FIELDS.get(of, {}) | more
        if (of, block) == ("expose", "health"):  # the short form of the block
            given = {key: it for key, it in given.items() if key != "health"}
        if of == block and name and of != "configure":
            given = {key: it for key, it in given.items() if name not in CONTENT.get(of, ()) or key not in CONTENT[of]}
            given |= {name: literal(name)}
        return ", ".join(f"{key} = {it}" for key, it in given.items())

    def label(of: str) -> str:
        return quoted(value if slot == (of, "") else LABELS.get(of, f"{of}_it"))

    start = f"{name}({quoted(value)})" if block == "call" else 'debian("12")'
    # only where it is looked at: its key would make AWS's first-boot data so large that files are packed
    of_image = (*(("repository",) if block == "repository" else ()), "file", "artifact", "run", "service", "user")
    items = "\n".join(f"  {of} {label(of)} {{ {fields(of)} }}" for of in of_image)
    image = f"image it {{\n  from = {start}\n  {fields('image')}\n{items}\n{configure(slot, value)}}}\n"
    tier = "\n".join(
        (
            f"  tier {label('tier')} {{ image = it, network = front, bake = {bake}, {fields('tier')}",
            f"    machine {{ {fields('machine')} }}",
            f"    expose {label('expose')} {{ {fields('expose')}{checked(slot, fields)} }}",
            f"    volume {label('volume')} {{ {fields('volume')} }}",
            f"    ready {{ {fields('ready')} }}" if block == "ready" else "",
            "  }",
        )
    )
    secret, network = (
        f"  {of} {label(of)} {{ {fields(of, **more)} }}\n"
        for of, more in (("secret", {}), ("network", {"cidr": '"10.1.0.0/24"'}))
    )
    if block in ("native", "override"):
        network += f"  {block} {label(block)} {{ {fields(block)} }}\n"
    if slot == ("override", "parameters"):
        network = network.replace("Qplain", "Qover")
    if slot == ("override", "cloudformation"):
        network = network.replace("security.tier_it", "SecurityTierIt")
    front = '  network front { cidr = "10.0.0.0/24" }\n'
    front += f"  param asked: string {{ {fields('param')} }}\n  output asked = asked\n" if block == "param" else ""
    return f"blueprint 1\n{image}solution s {{\n  {fields('solution')}\n{front}{secret}{network}{tier}\n}}\n"


def checked(slot: tuple[str, str], fields: Callable[[str], str]) -> str:
    """The block that says how an endpoint is checked, which stands instead of the short form."""
    return f", health {{ {fields('health')} }}" if slot[0] == "health" else ""


def configure(slot: tuple[str, str], value: str) -> str:
    """The block of a platform that takes the setting."""
    from bpc.platforms import PLATFORMS as TAKEN

    if slot[0] != "configure":
        return ""
    name = slot[1]
    with_ = next((platform for platform, it in TAKEN.items() if name in (*it.needs, *it.takes)), "salt")
    given = dict.fromkeys(PLATFORMS[with_].split(), '"Qneeded"')
    given |= {"url": '"https://example.org/it.git"'} if name == "checkout" else {}
    text = quoted(value)
    given[name] = {"list(string)": f"[{text}]", "map(any)": f"{{ it = {text} }}"}.get(
        BLOCKS["configure"].settings[name].type, text
    )
    return f"  configure {{ with = {with_}, {', '.join(f'{key} = {it}' for key, it in given.items())} }}\n"


def project(folder: Path, slot: tuple[str, str], value: str, bake: str = "base") -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "solution.bp").write_text(blueprint(slot, value, bake), encoding="utf-8")
    (folder / "Qneeded").write_text("- hosts: all\n")
    (folder / "Qkey").write_bytes(KEY.read_bytes())
    for name, content in NATIVE.items():
        (folder / name).write_text(content)
    if slot in FILES and not re.search(UNPRINTABLE, value):
        path = folder / value
        if path.resolve().is_relative_to(folder.resolve()) and not path.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = NATIVE.get(CONTENT_OF.get(slot, ""), "echo it\n")
            path.write_bytes(KEY.read_bytes() if slot == ("repository", "key") else text.encode())
            text = (folder / "solution.bp").read_text(encoding="utf-8")
            if slot == ("artifact", "source"):
                text = (
                    (folder / "solution.bp")
                    .read_text(encoding="utf-8")
                    .replace("0" * 64, hashlib.sha256(b"echo it\n").hexdigest())
                )
                (folder / "solution.bp").write_text(text, encoding="utf-8")
    return folder / "solution.bp"


def inserted(slot: tuple[str, str], char: str) -> str:
    """The plain value with characters in its middle."""
    value = plain(slot)
    middle = value.lower().find("qzq") + 1 or len(value) // 2
    return value[:middle] + char + value[middle:]


@pytest.mark.parametrize("slot", SLOTS, ids=lambda slot: ".".join(slot))
def test_what_nobody_would_see_is_refused_at_its_place(slot, tmp_path):
    for char in REFUSED:
        path = project(tmp_path / "it", slot, inserted(slot, char))
        result = build_model(str(path))
        lines_of_keys = form(slot) == "key" and char in "\r\n"  # told in words of its own
        told = [d for d in result.diagnostics if d.code == ("BPC403" if lines_of_keys else "BPC321")]
        assert told, f"U+{ord(char):04X} in {slot}: {[d.text for d in result.diagnostics]}"
        place = told[0].span
        marked = place.source.text[place.start : place.end]
        assert "qzq" not in marked.lower() or quoted(inserted(slot, char)) in marked or marked == char


def accepted(slot: tuple[str, str], folder: Path) -> tuple[list[str], list[str]]:
    """The awkward characters that a place takes in its middle, and those that it takes first."""
    inside, first = [], []
    for chars, tried, value_of in (
        (inside, AWKWARD, inserted),
        (first, STARTS, lambda slot, char: char + plain(slot)),
    ):
        for char in tried:
            result = build_model(str(project(folder / "try", slot, value_of(slot, char))))
            if result.ok:
                chars.append(char)
            else:
                assert {d.code for d in result.diagnostics} <= {"BPC403", "BPC001", "BPC002", "BPC003"}, (slot, char)
    return inside, first


HEX = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{12}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-f])")


def said(path: Path, slot: tuple[str, str], value: str, bakes: tuple[str, ...] = BAKES) -> dict[str, Any]:
    """What all targets write, with the value and digests taken out."""
    made: dict[str, Any] = {}
    for bake in bakes:
        stacks, images = targets(slot, bake)
        if not stacks and not images:
            continue
        text = path.read_text(encoding="utf-8").replace("bake = base", f"bake = {bake}")
        path.with_name("other.bp").write_text(text, encoding="utf-8")
        result = bpc.api.compile(path.with_name("other.bp"), targets=stacks, images=images)
        assert result.ok, [d.text for d in result.diagnostics]
        for target, artifacts in result.artifacts.items():
            for name, content in artifacts.files.items():
                scripts(name, content)
                made[f"{bake}/{target}/{undigested(replaced(name, value))}"] = replaced(
                    readers.read(name, undigested(content) if isinstance(content, str) else content), value
                )
    return made


def undigested(text: str) -> str:
    """A text without the digests of contents in names, which say what is in them."""
    return re.sub(r"(-member-|\b(?:handle|wait)\.)[0-9a-f]{8}\b", r"\1digest", text)


def targets(slot: tuple[str, str], bake: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those that take any value there, in one way to bake."""
    block, name = slot
    if block == "call":  # no cloud image is changed, and builders know their releases
        return (STACKS, ()) if bake == "base" else ((), ())
    if (block == "configure" and bake == "full") or slot == ("override", ""):  # an id that the stack must have
        return (), ()
    if block == "override":  # whose id only one cloud's stack has
        return ((STACKS[1:] if name == "cloudformation" else STACKS[:1]) if bake != "full" else ()), ()
    own_words = (
        name in ("was", "type") or form(slot) == "name"
    )  # CloudFormation makes other words of these, or knows all of them
    stacks = STACKS[:1] if own_words else STACKS
    return (stacks if bake != "full" else ()), (BUILDERS if bake != "base" else ())


def replaced(found: Any, value: str) -> Any:
    """What was read, with a mark in the place of the value, and of digests, which depend on it."""
    match found:
        case str():
            whole = found.replace(value, "VALUE") if len(value) > 2 or found == value else found
            return HEX.sub("DIGEST", whole)
        case dict():
            return {replaced(key, value): replaced(item, value) for key, item in found.items()}
        case list() | tuple():
            return [replaced(item, value) for item in found]
        case _:
            return found


def difference(one: Any, other: Any, place: str = "") -> str:
    """Where two documents differ first; empty where they do not."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next((it for key in one if (it := difference(one[key], other[key], f"{place}/{key}"))), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return next((it for n in range(len(one)) if (it := difference(one[n], other[n], f"{place}/{n}"))), "")
    return "" if one == other else f"{place}: {one!r} is not {other!r}"


SCRIPTS: list[str] = []


def scripts(name: str, content: str | bytes) -> None:
    """Collects scripts for bash to read."""
    if isinstance(content, str) and content.startswith(("#!/bin/bash", "#!/bin/sh")):
        SCRIPTS.append(content)
    elif isinstance(content, str) and content.startswith("#cloud-config\n"):
        for entry in yaml.load(content, readers.LOADER)["write_files"]:
            if str(entry["content"]).startswith("#!/bin/bash"):
                SCRIPTS.append(entry["content"])


def bash_reads_them() -> None:
    for script in dict.fromkeys(SCRIPTS):
        done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
        assert done.returncode == 0, f"{done.stderr}\n{script}"
    SCRIPTS.clear()


@pytest.mark.parametrize("slot", SLOTS, ids=lambda slot: ".".join(slot))
def test_what_is_accepted_stays_in_its_place(slot, tmp_path):
    expected = said(project(tmp_path / "plain", slot, plain(slot)), slot, plain(slot))
    assert any("VALUE" in str(item) for item in (*expected, *expected.values())) or slot in SILENT, (
        "it is written somewhere"
    )
    inside, first = accepted(slot, tmp_path)
    inside = [char for char in inside if not (char == "=" and "package" in form(slot))]  # what follows it is a version
    starts = [(char + plain(slot), SOME) for char in first]
    for value, bakes in ((inserted(slot, "x".join(inside)), BAKES), *starts):
        found = said(project(tmp_path / "awkward", slot, value), slot, value, bakes)
        assert found.keys() == {name for name in expected if name.startswith(bakes)}
        for name, it in found.items():
            assert difference(it, expected[name]) == "", f"{name} with {value!r}"
    bash_reads_them()


SOME = ("base",)
SILENT = {
    ("override", ""),
    ("artifact", "sha256"),
    ("file", "reload"),
    ("artifact", "version"),
    ("artifact", "licence"),
}


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("#!/bin/sh; reboot", ["/bin/sh;", "reboot"]),
        ("#!/usr/bin/env -S python3 -u", ["/usr/bin/env", "-S", "python3", "-u"]),
        ("#!/bin/bash -e $(reboot) `reboot` )", ["/bin/bash", "-e", "$(reboot)", "`reboot`", ")"]),
        ("#!", []),
    ],
)
def test_the_interpreter_of_a_script_is_words(first, words, tmp_path):
    """Whatever a script's first line says, the runner runs it with one program and its arguments."""
    from bpc.model.steps import Run
    from bpc.provision.runner import run
    from bpc.source import Source, Span

    span = Span(Source("s.bp", ""), 0, 0)
    it = {"title": "it", "creates": "", "environment": (), "network": False, "kind": "software", "span": span}
    step = Run(script=(f"{first}\ntrue\n",), **it)
    script = "".join(str(part) for piece in run(step) for part in piece)
    read = readers.shell(script)
    end = read.index("/var/lib/bpc/step", read.index("022"))
    assert read[read.index(";") + 1 : end] == (words or ["/bin/sh"])
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0


FINDMNT = shutil.which("findmnt")


@pytest.mark.skipif(FINDMNT is None, reason="findmnt is not installed: apt-get install util-linux")
def test_fstab_has_the_place_of_a_volume(tmp_path):
    """The runner's own function, with a table of its own and without a device."""
    from bpc.provision.runner import MOUNT

    table, places = tmp_path / "fstab", ["/data", "/my data", "/it's #1 \\040", "/a\\b  c", "/é字"]
    table.write_text("")
    function = MOUNT.replace("/etc/fstab", str(table)).replace('[ -b "$1" ]', "true")
    stubs = "blkid() { :; }; mkdir() { :; }; mountpoint() { :; }; xfs_growfs() { :; }\n"
    for place in places * 2:
        words = [place.replace("'", "'\\''")]
        script = f"set -eu\n{function}\n{stubs}mount_volume /dev/x '{words[0]}' xfs\n"
        subprocess.run(["bash", "-c", script], check=True)
    command = [str(FINDMNT), "--tab-file", str(table), "--json", "--output", "TARGET,FSTYPE,OPTIONS"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["filesystems"]
    assert [entry["target"] for entry in found] == places
    assert {(entry["fstype"], entry["options"]) for entry in found} == {("xfs", "defaults,nofail,x-systemd.growfs")}


PLANTED = {
    "shell": ("bpc.provision.runner.quote", lambda text: f"'{text}'", ("run", ""), "it's"),
    "shell, of a tree": ("bpc.provision.chroot_script.quote", lambda text: f'"{text}"', ("user", "home"), "/srv/$HOME"),
    "yaml": ("bpc.yaml.PLAIN", re.compile(".+"), ("machine", "flavor"), "m1: large"),
    "hcl": ("bpc_targets.packer.hcl.comment", lambda text: text, ("file", "source"), "Qzq.bin"),
    "page": ("bpc_targets.heat.documents.visible", lambda text: text + "\n5. Run", ("machine", "flavor"), "m1"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_that_judge_sees_mistakes(name, tmp_path, monkeypatch):
    place, worse, slot, value = PLANTED[name]
    expected = said(project(tmp_path / "plain", slot, plain(slot)), slot, plain(slot))
    assert said(project(tmp_path / "it", slot, value), slot, value).keys() == expected.keys()
    monkeypatch.setattr(place, worse)
    from bpc.yaml import INSIDE, TEXTS

    TEXTS.clear()
    INSIDE.clear()
    try:
        found = said(project(tmp_path / "it", slot, value), slot, value)
        assert any(difference(found.get(key), it) for key, it in expected.items())
    except (ValueError, IndexError, AssertionError, yaml.YAMLError):
        pass  # its reader does not even read it
    finally:
        SCRIPTS.clear()
        TEXTS.clear()
        INSIDE.clear()
