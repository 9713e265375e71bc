"""What a machine on AWS does before first boot: it reads its name, its volumes and its secrets, and fills them in.

The metadata service and Secrets Manager are stood in for (`judges/amazon.py`); what the latter answers has the form of moto's answer.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess

import pytest
import yaml
from judges.amazon import SECRET, amazon

import bpc.api

BLUEPRINT = """blueprint 1
image it {
  from = debian("12")
  param password: secret
  file "/etc/it" { text = "password=${password}\\n", mode = "0640" }
  run "use it" { text = "echo $P ${quote(password)}", environment = { P = password } }
}
solution s {
  version = "1"
  secret pw { length = 20 }
  network n { cidr = "10.0.0.0/24" }
  tier t {
    image = it(password = pw)
    network = n
    bake = base
    volume data { size = 1GiB, mount = "/data" }
  }
}
"""


@pytest.fixture
def aws():
    with amazon() as server:
        yield server


def template(tmp_path, blueprint=BLUEPRINT):
    (tmp_path / "solution.bp").write_text(blueprint)
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("cloudformation",))
    assert result.diagnostics == ()
    return yaml.safe_load(result.artifacts["cloudformation"].files["stack.yaml"])


def filled(template) -> str:
    """The user data as EC2 would hand it over."""
    data = template["Resources"]["TemplateT"]["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"]
    known = {"SecretPw": SECRET, "HandleT": "https://signal.example/?X-Amz-Signature=1&a=b"}
    text = re.sub(r"\$\{(?!!)([^}]+)\}", lambda match: known[match[1]], data)
    return base64.b64decode(base64.b64encode(text.replace("${!", "${").encode())).decode()


def test_a_machine_fetches_what_only_it_may_know(tmp_path, aws):
    home = tmp_path / "home"
    text = aws.here(filled(template(tmp_path)).replace("/var/lib/bpc", str(home)))
    config = yaml.safe_load(text)
    home.mkdir()
    for entry in config["write_files"]:
        (home / entry["path"].rpartition("/")[2]).write_text(entry["content"])
    (home / "first-boot").write_text((home / "first-boot").read_text())
    for name in ("prepare", "first-boot"):
        (home / name).chmod(0o700)
    assert config["runcmd"] == [[f"{home}/prepare", f"{home}/first-boot"]]
    asked = tmp_path / "asked"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/hostnamectl").write_text(f'#!/bin/sh\necho "$@" >>{asked}\n')
    (tmp_path / "bin/hostnamectl").chmod(0o755)
    runner = (home / "first-boot").read_text()
    (tmp_path / "runner").write_text("#!/bin/sh\nexit 7\n")
    (tmp_path / "runner").chmod(0o755)
    environment = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    done = subprocess.run([home / "prepare", tmp_path / "runner"], env=environment, check=False, timeout=60)
    assert done.returncode == 7, "it ends as the runner does"
    assert asked.read_text() == "set-hostname t-0\n"
    assert "\xa4" in runner
    after = (home / "first-boot").read_text()
    assert "\xa4" not in after
    assert "export P='s3cret'" in after
    assert "echo $P '\\''s3cret'\\''" in after
    assert "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0" in after
    [file] = home.glob("file-*")
    assert file.read_text() == "password=s3cret\n"


def test_no_secret_is_in_user_data(tmp_path):
    made = template(tmp_path)
    text = filled(made)
    assert "resolve:" not in json.dumps(made)
    assert "password=\xa40\xa4" in text
    program = next(e["content"] for e in yaml.safe_load(text)["write_files"] if e["path"].endswith("/prepare"))
    assert text.count(SECRET) == program.count(SECRET), "the secret's name, in the program that fetches it"
