"""The Packer target: its folders against goldens, and `packer validate` over every template and source.

OpenStack's source signs in while it is validated, so that a server on the loopback interface stands for Keystone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from goldens import compare_environment

import bpc.api

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
SHOP = ROOT / "blueprints" / "shop" / "solution.bp"
PACKER = shutil.which("packer")
SHELLCHECK = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
needs_packer = pytest.mark.skipif(PACKER is None, reason="packer is not installed: apt-get install packer")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The templates of shop on disk, with the key that is made once."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("seed.sh makes a key with ssh-keygen: apt-get install openssh-client")
    out = tmp_path_factory.mktemp("packer")
    result = bpc.api.compile(SHOP, targets=(), images=("packer",), environment="test")
    made = Path(bpc.api.write(result, out)["packer"])
    subprocess.run([made / "seed.sh"], check=True)
    return made


@pytest.fixture(scope="module")
def keystone():
    """Credentials for a server that lets everybody in, as environment variables."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            link = {"rel": "self", "href": f"http://127.0.0.1:{self.server.server_port}/v3/"}
            self.answer(300, {"versions": {"values": [{"id": "v3.14", "status": "stable", "links": [link]}]}})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(201, {"token": {"expires_at": "2099-01-01T00:00:00.000000Z", "catalog": []}})

        def answer(self, status: int, body: object) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("X-Subject-Token", "token")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    names = {"USERNAME": "u", "PASSWORD": "p", "PROJECT_NAME": "p", "USER_DOMAIN_NAME": "d", "PROJECT_DOMAIN_NAME": "d"}
    yield {f"OS_{name}": value for name, value in names.items()} | {
        "OS_AUTH_URL": f"http://127.0.0.1:{server.server_port}/v3"
    }
    server.shutdown()
    server.server_close()


def packer(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    assert PACKER is not None
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "AWS_"))}
    return subprocess.run(
        [PACKER, *arguments],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=inherited | {"CHECKPOINT_DISABLE": "1", "NO_PROXY": "127.0.0.1"} | environment,
        check=False,
    )


@pytest.mark.parametrize("environment", ["", "test"])
def test_templates(environment, request):
    result = bpc.api.compile(SHOP, targets=(), images=("packer",), environment=environment)
    assert result.diagnostics == ()
    compare_environment("packer-shop", environment, result.artifacts["packer"].files, request)


def test_a_base_that_is_all_of_an_image_is_one_folder(tmp_path):
    head = 'blueprint 1\nimage base { from = ubuntu("24.04") }\nimage other { from = base, packages = ["nginx"] }\n'
    network = 'solution s {\n  version = "1"\n  network n { cidr = "10.0.0.0/24" }\n'
    tier = "  tier t { image = other, network = n, bake = base, machine { disk = 3840MiB } }\n}\n"
    (tmp_path / "s.bp").write_text(head + network + tier)
    files = bpc.api.compile(tmp_path / "s.bp", targets=(), images=("packer",)).artifacts["packer"].files
    folders = [name.partition("/")[0] for name in files if name.endswith("/image.pkr.hcl")]
    assert len(folders) == 1
    variables = files[f"{folders[0]}/variables.pkr.hcl"]
    assert '"3840M"' in variables
    assert "noble-server-cloudimg-amd64.img" in variables


def test_sources_have_names_that_hcl_takes(tmp_path):
    """A template that stands alone has a base with its release's name, in which there may be a dot."""
    head = 'blueprint 1\nimage it { from = ubuntu("24.04"), packages = ["nginx"] }\n'
    network = 'solution s {\n  version = "1"\n  network n { cidr = "10.0.0.0/24" }\n'
    (tmp_path / "s.bp").write_text(f"{head}{network}  tier t {{ image = it, network = n }}\n}}\n")
    files = bpc.api.compile(tmp_path / "s.bp", targets=(), images=("packer",)).artifacts["packer"].files
    texts = [text for name, text in files.items() if name.endswith("/image.pkr.hcl")]
    names = {name for text in texts for name in re.findall(r'^source "[a-z-]+" "(.*)" \{$', text, re.MULTILINE)}
    assert len(names) == 2
    assert all(re.fullmatch("[A-Za-z_][A-Za-z0-9_-]*", name) for name in names)
    assert {name for text in texts for name in re.findall(r'"source\.[a-z-]+\.(.*)",', text)} == names
    assert set(re.findall(r"-only=[a-z-]+\.(\S+)", files["README.txt"])) == names


def test_shells_accept_the_scripts(folder):
    assert SHELLCHECK, "shellcheck is in the extra `test`"
    scripts = [folder / "seed.sh", *folder.glob("*/scripts/*.sh")]
    assert len(scripts) > 20
    answer = subprocess.run([SHELLCHECK, *scripts], capture_output=True, text=True, check=False)
    assert answer.stdout + answer.stderr == ""


@needs_packer
def test_packer_validates_every_source(folder, keystone):
    templates = sorted(path.parent for path in folder.glob("*/image.pkr.hcl"))
    assert len(templates) == 4  # three images and their base
    for template in templates:
        answer = packer("validate", "-var", "base_checksum=none", template, **keystone)
        assert (template.name, answer.returncode, answer.stdout) == (template.name, 0, answer.stdout)
        assert "Error" not in answer.stdout


@needs_packer
def test_that_judge_sees_mistakes(folder, keystone, tmp_path):
    template = next(path.parent for path in folder.glob("proxy-*/image.pkr.hcl"))
    for old, new in (
        ("disk_image ", "disc_image "),
        ("ssh_username  ", "ssh_user_name "),
        ("scripts/9-clean.sh", "scripts/8-clean.sh"),
        ("var.openstack_flavor", '""'),
        ("var.amazon_region", "var.region"),
    ):
        broken = tmp_path / "packer" / template.name
        shutil.rmtree(broken.parent, ignore_errors=True)
        shutil.copytree(folder, broken.parent)
        text = (broken / "image.pkr.hcl").read_text()
        assert old in text
        (broken / "image.pkr.hcl").write_text(text.replace(old, new))
        assert packer("validate", "-var", "base_checksum=none", broken, **keystone).returncode != 0, new


@needs_packer
def test_packer_would_not_format_anything_else(folder):
    for template in folder.glob("*/*.pkr.hcl"):
        answer = packer("fmt", "-check", "-diff", template.parent)
        assert (template.parent.name, answer.returncode, answer.stdout) == (template.parent.name, 0, "")
