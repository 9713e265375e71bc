"""What a machine on AWS does before first boot: it reads its name, its volumes and its secrets, and fills them in.

The metadata service and Secrets Manager are stood in for on the loopback interface. Secrets Manager's stand-in refuses a
request whose signature is not the one that AWS's own library makes; what it answers has the form of moto's answer.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import bpc.api

KEYS = {"AccessKeyId": "AKID", "SecretAccessKey": "the+key/of=it", "Token": "the-token"}
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pw-AbCdEf"
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


class Aws(BaseHTTPRequestHandler):
    def do_PUT(self):
        self.answer("a-token")

    def do_GET(self):
        assert self.headers["X-aws-ec2-metadata-token"] == "a-token", "version 2 of the service wants a token"
        known = {
            "iam/security-credentials/": "role-of-it",
            "iam/security-credentials/role-of-it": json.dumps(KEYS),
            "tags/instance/Name": "t-0",
            "tags/instance/bpc:volume:data": "vol-0123456789abcdef0",
        }
        self.answer(known[self.path.removeprefix("/latest/meta-data/")])

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        names = ("content-type", "x-amz-security-token", "x-amz-target")
        request = AWSRequest(
            "POST", "https://secretsmanager.eu-west-1.amazonaws.com/", {n: self.headers[n] for n in names}, body
        )
        credentials = Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], KEYS["Token"])
        signer = SigV4Auth(credentials, "secretsmanager", "eu-west-1")
        request.context["timestamp"] = self.headers["x-amz-date"]
        request.headers["X-Amz-Date"] = self.headers["x-amz-date"]
        request.headers["host"] = "secretsmanager.eu-west-1.amazonaws.com"
        canonical = signer.canonical_request(request)
        signature = signer.signature(signer.string_to_sign(request, canonical), request)
        if not self.headers["authorization"].endswith(f"Signature={signature}"):
            self.send_error(403)
            return
        assert json.loads(body) == {"SecretId": ARN}
        self.answer(json.dumps({"ARN": ARN, "SecretString": "s3cret"}))

    def answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        """Nothing: the test looks at the files."""


@pytest.fixture
def aws():
    with ThreadingHTTPServer(("127.0.0.1", 0), Aws) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def template(tmp_path, blueprint=BLUEPRINT):
    (tmp_path / "solution.bp").write_text(blueprint)
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("cloudformation",))
    assert result.diagnostics == ()
    return yaml.safe_load(result.artifacts["cloudformation"].files["stack.yaml"])


def filled(template) -> str:
    """The user data as EC2 would hand it over."""
    data = template["Resources"]["TemplateT"]["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"]
    known = {"SecretPw": ARN, "HandleT": "https://signal.example/?X-Amz-Signature=1&a=b"}
    text = re.sub(r"\$\{(?!!)([^}]+)\}", lambda match: known[match[1]], data)
    return base64.b64decode(base64.b64encode(text.replace("${!", "${").encode())).decode()


def test_a_machine_fetches_what_only_it_may_know(tmp_path, aws):
    home = tmp_path / "home"
    text = filled(template(tmp_path)).replace("/var/lib/bpc", str(home)).replace("http://169.254.169.254/", aws)
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
    environment = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "SECRETS_MANAGER": aws}
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
    assert text.count(ARN) == program.count(ARN), "the secret's name, in the program that fetches it"
