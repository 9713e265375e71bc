"""A vendor's repository: what the language takes, what is written of it, and what the real apt makes of that, on a machine of a test's own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from judges import vendor
from test_diskimage_builder import lint

import bpc.api
from bpc.lower.openpgp import NoKey, crc24, public_keys
from bpc.model.document import document
from bpc.provision.runner import LOG, RUNNER, SIGNAL

if TYPE_CHECKING:
    from collections.abc import Iterator

ELK = Path(__file__).parents[1] / "blueprints" / "elk"
ELASTIC = "46095ACC8548582C1A2699A9D27D666CD88E42B4"
NO_MACHINE = "needs root, a kernel with overlays, gpg, dpkg-deb and apt-get"
BUILDERS = ("mkosi", "packer", "diskimage-builder")

BLUEPRINT = """blueprint 1
image root {
  from = debian("12")
  ROOT
}
image it {
  from = root
  repository vendor {
    url   = "URL"
    suite = "stable"
    key   = "vendor.asc"
    MORE
  }
  packages = ["bpc-test-tool", "bpc-test-common"]
}
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier t { image = it, network = n, bake = BAKE, metadata = open }
}
"""


def project(folder: Path, key: str | bytes, url="http://127.0.0.1/vendor", more="", bake="base", root="") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = BLUEPRINT.replace("URL", url).replace("MORE", more).replace("BAKE", bake).replace("ROOT", root)
    (folder / "solution.bp").write_text(text)
    (folder / "vendor.asc").write_bytes(key.encode() if isinstance(key, str) else key)
    return folder / "solution.bp"


def compiled(path: Path, images=(), targets=("heat",)):
    result = bpc.api.compile(path, targets=targets, images=images)
    assert result.ok, [d.text for d in result.diagnostics]
    return result


def wrong(path: Path) -> list[tuple[str, str]]:
    """(code, what is marked) of all that is found."""
    found = bpc.api.compile(path).diagnostics
    return [(d.code, d.span.source.text[d.span.start : d.span.end]) for d in found]


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    if vendor.MISSING:
        pytest.skip(f"{', '.join(vendor.MISSING)} missing")
    folder = tmp_path_factory.mktemp("keys")
    return {name: vendor.Key(folder, name, kind) for name, kind in (("one", "rsa"), ("other", "ed25519"))}


# ---- keys


def test_fingerprints_are_those_of_gpg(keys):
    for key in keys.values():
        assert public_keys(key.public.encode()) == (key.binary, (key.fingerprint,))
        assert public_keys(key.binary) == (key.binary, (key.fingerprint,))
    one, other = keys["one"], keys["other"]
    both = (one.binary + other.binary, (one.fingerprint, other.fingerprint))
    assert public_keys(one.binary + other.binary) == both
    assert public_keys(f"{one.public}\n{other.public}".encode()) == both
    assert public_keys(one.public.replace("\n", "\r\n").encode())[1] == (one.fingerprint,)
    assert public_keys(re.sub("\n=....\n", "\n", one.public).encode())[1] == (one.fingerprint,)


def test_the_sample_has_the_key_that_elastic_publishes():
    assert public_keys((ELK / "files" / "elastic.asc").read_bytes())[1] == (ELASTIC,)


def test_what_is_no_public_key(keys):
    key = keys["one"]
    lines = key.public.splitlines()
    signature = key.gpg("--armor", "--detach-sign", text=b"x")
    cases = {
        "it is empty": [b"\x99\x00\x00"[:0] + b""],
        "it has a private key": [key.private, b"\x95\x00\x01\x04"],
        "it has a signature": [signature],
        "its lines are not base64": [key.public.replace(lines[4], lines[4][:-1] + "*").encode()],
        "its checksum does not fit": [re.sub("\n=....\n", "\n=AAAA\n", key.public).encode()],
        "it breaks off": [key.binary[:-1], key.binary[:1]],
        "it has no whole block": ["\n".join(lines[:-1]).encode(), b"ssh-ed25519 AAAA a@b", b"\n"],
        "it begins with a": [b"\xb4\x01a"],
        "version 3": [b"\x99\x00\x08\x03\x00\x00\x00\x00\x00\x00\x00"],
        "unknown length": [b"\x9b\x04", b"\xc6\xe1a"],
        "another kind": [key.binary + b"\xcb\x01a"],
        "200,000 bytes": [b"\x99" * 200_000],
    }
    for reason, contents in cases.items():
        for content in contents:
            if reason == "it is empty":
                continue
            with pytest.raises(NoKey, match=re.escape(reason)):
                public_keys(content)
    assert crc24(b"123456789") == 0x21CF02


# ---- what is written


def test_it_is_shown(keys, tmp_path):
    key = keys["one"]
    path = project(tmp_path, key.public, more='priority = 200, components = ["main", "contrib"]')
    [step] = [
        step
        for resource in document(bpc.api.model(path).solution)["resources"]
        if resource["kind"] == "Group"
        for step in resource["first_boot"]
        if step["kind"] == "Repository"
    ]
    assert step["fingerprints"] == [key.fingerprint]
    assert (step["url"], step["suite"], step["components"]) == (
        "http://127.0.0.1/vendor",
        "stable",
        ["main", "contrib"],
    )
    assert (step["priority"], step["source"], step["layer"]) == (200, "vendor.asc", "software")
    explained = bpc.api.explain_tier(path, "t").explanation
    assert any(key.fingerprint in row.what and "127.0.0.1" in row.what for row in explained.rows)


def test_every_target_writes_the_same_files(keys, tmp_path):
    key, found = keys["one"], {}
    for bake in ("base", "software"):
        result = compiled(project(tmp_path / bake, key.public, bake=bake), images=BUILDERS)
        for target, artifacts in result.artifacts.items():
            for name, content in artifacts.files.items():
                if name.startswith("user-data/"):
                    for entry in yaml.safe_load(content)["write_files"]:
                        if "bpc-vendor" in entry["path"]:
                            assert (entry["owner"], entry["permissions"]) == ("root:root", "0644")
                            assert "defer" not in entry, "packages are installed before deferred files are written"
                            found.setdefault(entry["path"], {})[f"{target} {bake}"] = entry["content"]
                elif "bpc-vendor" in name:
                    path = "/etc/" + name.partition("/etc/")[2]
                    found.setdefault(path, {})[f"{target} {bake} {name.split('/')[1]}"] = content
    assert set(found) == {
        "/etc/apt/keyrings/bpc-vendor.asc",
        "/etc/apt/preferences.d/bpc-vendor",
        "/etc/apt/sources.list.d/bpc-vendor.sources",
    }
    for path, written in found.items():
        assert {where.split()[0] for where in written} == {"heat", *BUILDERS}
        assert len(set(written.values())) == 1, path
    source = next(iter(found["/etc/apt/sources.list.d/bpc-vendor.sources"].values()))
    assert "Signed-By: /etc/apt/keyrings/bpc-vendor.asc\n" in source
    assert key.fingerprint in source
    armored = next(iter(found["/etc/apt/keyrings/bpc-vendor.asc"].values()))
    assert public_keys(armored.encode()) == (key.binary, (key.fingerprint,))


def test_an_image_is_named_by_its_repositories(keys, tmp_path):
    """By what is in the key, not by how or where it was written."""

    def name(folder: str, key: str | bytes, **more: str) -> str:
        path = project(tmp_path / folder, key, bake="software", **more)
        return next(image.name for image in bpc.api.model(path).solution.images)

    first = name("a", keys["one"].public)
    assert name("b", keys["one"].binary) == first
    assert name("c", "\n\nthe key of the vendor:\n" + keys["one"].public) == first
    others = [
        name("d", keys["other"].public),
        name("e", keys["one"].public, url="https://127.0.0.1/vendor"),
        name("f", keys["one"].public, more="priority = 101"),
        name("g", keys["one"].public, more='components = ["contrib"]'),
    ]
    assert len({first, *others}) == 5


def test_the_base_has_the_repository_of_a_shared_template(keys, tmp_path):
    root = 'repository early { url = "https://early.example.com/apt", suite = "./", key = "vendor.asc" }\n  packages = ["early"]'
    files = {}
    for target, artifacts in compiled(
        project(tmp_path, keys["one"].public, bake="software", root=root), images=BUILDERS
    ).artifacts.items():
        files |= {f"{target}/{name}": content for name, content in artifacts.files.items()}
    there = {name for name in files if name.endswith("sources.list.d/bpc-early.sources")}
    assert {name.split("/")[0] for name in there} == set(BUILDERS)
    assert sum("mkosi.sandbox" in name for name in there) == 2, (
        "mkosi asks it for the base's packages and for the image's"
    )
    assert "Components" not in next(str(files[name]) for name in there)
    script = next(str(text) for name, text in files.items() if name.endswith("scripts/2-system-packages.sh"))
    assert script.index("check_repository early early.example.com\n") < script.index("\ninstall_packages\n")
    hook = next(str(text) for name, text in files.items() if name.endswith("20-bpc-base-repositories"))
    assert hook.endswith("check_repository early early.example.com\n\ninstall-packages early\n")
    postinst = next(str(t) for n, t in files.items() if ".tree/mkosi.postinst.chroot" in n)
    assert "case $sources in */bpc-*) continue" in postinst


# ---- what is refused


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/apt",
        "file:///srv/apt",
        "example.com/apt",
        "https://user:secret@example.com/apt",
        "https://example.com/apt?key=1",
        "https://example.com/apt [trusted=yes]",
        "https://example.com/$(ARCH)",
        "https://example.com/apt\\nTrusted: yes",
        'https://example.com\\"',
        "https://",
    ],
)
def test_urls_that_are_refused(url, keys, tmp_path):
    found = [code for code, _ in wrong(project(tmp_path, keys["one"].public, url=url.replace("$(", "\\$(")))]
    assert ("BPC321" if "\\n" in url else "BPC403") in found


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ("priority = 0", ["BPC403"]),
        ("priority = 1001", ["BPC403"]),
        ("components = []", ["BPC403"]),
        ('components = ["main contrib"]', ["BPC403"]),
        ('components = ["main\\nTrusted: yes"]', ["BPC321"]),
        ("trusted = true", ["BPC301"]),
    ],
)
def test_settings_that_are_refused(more, codes, keys, tmp_path):
    assert [code for code, _ in wrong(project(tmp_path, keys["one"].public, more=more))] == codes


def test_a_name_that_a_template_below_has(keys, tmp_path):
    root = 'repository vendor { url = "https://early.example.com/apt", suite = "./", key = "vendor.asc" }'
    [found] = bpc.api.compile(project(tmp_path, keys["one"].public, root=root)).diagnostics
    assert (found.code, found.notes[0].text) == ("BPC202", "declared here first")


def test_a_folder_has_no_components(keys, tmp_path):
    path = project(tmp_path, keys["one"].public, more='components = ["main"]')
    path.write_text(path.read_text().replace('"stable"', '"./"'))
    assert wrong(path) == [("BPC403", '["main"]')]


def test_a_wrong_key_is_told_at_its_place(keys, tmp_path):
    assert wrong(project(tmp_path, keys["one"].private)) == [("BPC457", '"vendor.asc"')]
    assert wrong(project(tmp_path, "no key\n")) == [("BPC457", '"vendor.asc"')]
    (tmp_path / "vendor.asc").unlink()
    assert wrong(tmp_path / "solution.bp") == [("BPC001", '"vendor.asc"')]


def test_a_template_that_nobody_uses_is_judged_too(keys, tmp_path):
    path = project(tmp_path, "no key\n")
    path.write_text(path.read_text().replace("image = it,", "image = root,"))
    assert wrong(path) == [("BPC457", '"vendor.asc"')]


# ---- on a machine, with its apt

COMMON, TOOL = "bpc-test-common", "bpc-test-tool"


@pytest.fixture(scope="module")
def shop(keys, tmp_path_factory):
    """(port, folder): a release with one package, and a vendor that has its own and a higher version of the release's."""
    if not vendor.possible():
        pytest.skip(NO_MACHINE)
    folder = tmp_path_factory.mktemp("served")
    vendor.publish(folder / "release", keys["other"], {COMMON: "1.0"})
    vendor.publish(folder / "vendor", keys["one"], {COMMON: "9.0", TOOL: "1.0"})
    with vendor.served(folder) as port:
        yield port, folder


def release(keys, port: int, host="localhost") -> dict[str, tuple[str | bytes, str]]:
    """What a machine has of its release: another host than the vendor's."""
    source = f"Types: deb\nURIs: http://{host}:{port}/release\nSuites: stable\nComponents: main\nSigned-By: /etc/release.asc\n"
    return {
        "/etc/apt/sources.list.d/release.sources": (source, "0644"),
        "/etc/release.asc": (keys["other"].public, "0644"),
    }


SHOW = f"""
for name in {COMMON} {TOOL}; do
  dpkg-query -W -f '${{Package}}=${{Version}}\\n' $name 2>/dev/null || echo "$name="
done
"""


def first_boot(path: Path, files: dict[str, tuple[str | bytes, str]], folder: Path, after="") -> str:
    """What a machine does with its user data, as cloud-init would: files, packages, deferred files, the runner. Its last words."""
    [text] = [t for name, t in compiled(path).artifacts["heat"].files.items() if name.startswith("user-data/")]
    config = yaml.safe_load(text)
    early = {e["path"]: (e["content"], e["permissions"]) for e in config["write_files"] if not e.get("defer")}
    late = {e["path"]: (e["content"], e["permissions"]) for e in config["write_files"] if e.get("defer")}
    late[SIGNAL] = ('#!/bin/bash\necho "signal $1"\ncat\n', "0700")
    names = " ".join(config["packages"])
    script = f"""
export DEBIAN_FRONTEND=noninteractive
apt-get -q update || true
apt-get -q -y -o Dpkg::Options::=--force-confold install {names} || true
cp -a /late/. /
{RUNNER} || true
cat {LOG}
{SHOW}{after}
"""
    files = {**files, **early, **{f"/late{name}": content for name, content in late.items()}}
    done = vendor.on_machine(folder, files, script)
    return done.stderr + done.stdout


def test_first_boot_installs_what_only_the_vendor_has(keys, shop, tmp_path):
    """A higher version of a package that the release has is not taken, neither now nor by an upgrade."""
    port, _ = shop
    path = project(tmp_path / "p", keys["one"].public, url=f"http://127.0.0.1:{port}/vendor")
    upgrade = "apt-get -q -y dist-upgrade >/dev/null\necho upgraded\n" + SHOW
    said = first_boot(path, release(keys, port), tmp_path / "m", upgrade)
    assert "ready | " not in said
    assert "signal SUCCESS" in said, said
    assert said.endswith(f"{COMMON}=1.0\n{TOOL}=1.0\nupgraded\n{COMMON}=1.0\n{TOOL}=1.0\n"), said


def test_the_vendors_own_packages_are_upgraded(keys, shop, tmp_path):
    port, folder = shop
    vendor.publish(folder / "later", keys["one"], {COMMON: "9.1", TOOL: "2.0"})
    path = project(tmp_path / "p", keys["one"].public, url=f"http://127.0.0.1:{port}/vendor")
    later = "sed -i s,/vendor,/later, /etc/apt/sources.list.d/bpc-vendor.sources\n"
    upgrade = f"{later}apt-get -q update >/dev/null; apt-get -q -y dist-upgrade >/dev/null\n{SHOW}"
    said = first_boot(path, release(keys, port), tmp_path / "m", upgrade)
    assert said.endswith(f"{COMMON}=1.0\n{TOOL}=2.0\n"), said


def test_a_priority_that_is_said_lets_the_vendor_win(keys, shop, tmp_path):
    port, _ = shop
    path = project(tmp_path / "p", keys["one"].public, f"http://127.0.0.1:{port}/vendor", "priority = 600")
    said = first_boot(path, release(keys, port), tmp_path / "m")
    assert "signal SUCCESS" in said
    assert said.endswith(f"{COMMON}=9.0\n{TOOL}=1.0\n"), said


def test_first_boot_refuses_a_wrong_key(keys, shop, tmp_path):
    """Also where the machine trusts the right one for something else: here for its release."""
    port, _ = shop
    path = project(tmp_path / "p", keys["other"].public, url=f"http://127.0.0.1:{port}/vendor")
    said = first_boot(path, release(keys, port), tmp_path / "m")
    assert "signal FAILURE" in said, said
    assert "repository vendor" in said.partition("signal FAILURE")[2]
    assert "NO_PUBKEY" in said.partition("signal FAILURE")[2] or "Missing key" in said.partition("signal FAILURE")[2]
    assert said.endswith(f"{TOOL}=\n"), said


def test_a_key_that_the_machine_trusts_for_all_is_no_use(keys, shop, tmp_path):
    port, _ = shop
    path = project(tmp_path / "p", keys["other"].public, url=f"http://127.0.0.1:{port}/vendor")
    trusted = {"/etc/apt/trusted.gpg.d/all.asc": (keys["one"].public, "0644")}
    said = first_boot(path, release(keys, port) | trusted, tmp_path / "m")
    assert "signal FAILURE" in said and said.endswith(f"{TOOL}=\n"), said


def test_a_host_that_the_release_comes_from_too(keys, shop, tmp_path):
    """apt's pins know hosts, not repositories: the vendor could replace the release's packages, so the machine is not ready."""
    port, _ = shop
    path = project(tmp_path / "p", keys["one"].public, url=f"http://127.0.0.1:{port}/vendor")
    said = first_boot(path, release(keys, port, host="127.0.0.1"), tmp_path / "m")
    assert "signal FAILURE" in said
    assert "the release's packages come from 127.0.0.1 too" in said.partition("signal FAILURE")[2]


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("builder", ["packer", "diskimage-builder"])
def test_builders_that_run_on_the_machine(builder, right, keys, shop, tmp_path):
    """Their own scripts for the repository and its packages, on a machine: installed, or refused before anything is."""
    port, _ = shop
    key = keys["one" if right else "other"].public
    path = project(tmp_path / "p", key, f"http://127.0.0.1:{port}/vendor", bake="software")
    made = compiled(path, images=(builder,)).artifacts[builder].files
    if builder == "packer":
        [script] = [name for name in made if "/it-" in f"/{name}" and name.endswith("scripts/5-packages.sh")]
        folder = script.partition("/")[0]
        files = {
            f"/var/tmp/bpc/{n.partition('/')[2]}": (t, "0600")
            for n, t in made.items()
            if n.startswith(f"{folder}/image/")
        }
        run = "bash /step"
    else:
        [script] = [name for name in made if name.endswith("pre-install.d/70-bpc-image-repositories")]
        element = script.rpartition("/pre-install.d")[0]
        files = {
            f"/hooks{n.removeprefix(element)}": (t, "0755") for n, t in made.items() if n.startswith(f"{element}/")
        }
        run = f"bash /hooks/pre-install.d/70-bpc-image-repositories && apt-get -q update && apt-get -q -y install {TOOL} {COMMON}"
    files |= {"/step": (made[script], "0755")} | release(keys, port)
    done = vendor.on_machine(tmp_path / "m", files, f"({run})\necho code $?\n{SHOW}")
    said = done.stdout + done.stderr
    if right:
        assert f"code 0\n{COMMON}=1.0\n{TOOL}=1.0\n" in done.stdout, said
    else:
        assert "code 0\n" not in done.stdout and f"{COMMON}=\n{TOOL}=\n" in done.stdout, said
        assert "NO_PUBKEY" in said or "Missing key" in said


# ---- judged

SHELLCHECK = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def scripts(result) -> Iterator[str]:
    """All scripts that ask the repository."""
    for artifacts in result.artifacts.values():
        for name, content in artifacts.files.items():
            if name.startswith("user-data/"):
                yield from (e["content"] for e in yaml.safe_load(content)["write_files"] if e["path"] == RUNNER)
            elif isinstance(content, str) and content.startswith("#!/bin/bash") and "check_repository" in content:
                yield content


def test_shells_accept_the_scripts(keys, tmp_path):
    assert SHELLCHECK, "shellcheck is in the extra `test`"
    root = 'repository early { url = "https://early.example.com/apt", suite = "./", key = "vendor.asc" }\n  packages = ["early"]'
    found = []
    for bake in ("base", "software"):
        path = project(tmp_path / bake, keys["one"].public, bake=bake, root=root)
        found += [text for text in scripts(compiled(path, images=BUILDERS)) if "check_repository" in text]
    assert len(found) >= 5
    for text in found:
        meant = "--exclude=SC2016,SC2041,SC2086"
        done = subprocess.run([SHELLCHECK, meant, "-"], input=text, capture_output=True, text=True, check=False)
        assert done.stdout + done.stderr == ""


def test_dib_lint_has_nothing_to_say(keys, tmp_path):
    root = 'repository early { url = "https://early.example.com/apt", suite = "./", key = "vendor.asc" }\n  packages = ["early"]'
    path = project(tmp_path / "p", keys["one"].public, bake="software", root=root)
    result = bpc.api.compile(path, targets=(), images=("diskimage-builder",))
    folder = Path(bpc.api.write(result, tmp_path / "out")["diskimage-builder"])
    hooks = [hook for hook in folder.glob("elements/*/*.d/*") if "repositories" in hook.name]
    assert [os.access(hook, os.X_OK) for hook in hooks] == [True, True]
    assert lint(folder) == (0, "PASS")


def test_amazon_has_them_too(keys, tmp_path):
    """In the machines' first boot, and in the components of images that the stack makes."""
    for bake, options in (("base", ()), ("software", ("imagebuilder",))):
        path = project(tmp_path / bake, keys["one"].public, bake=bake, more="priority = 300")
        made = bpc.api.compile(path, targets=("cloudformation",), images=options)
        assert made.ok, [d.text for d in made.diagnostics]
        text = "\n".join(str(content) for content in made.artifacts["cloudformation"].files.values())
        assert "check_repository vendor 127.0.0.1" in text
        assert keys["one"].fingerprint in text
