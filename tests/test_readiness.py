"""A machine is ready when what its tier says is so: the real runner asks real servers of this machine, and signals what it found."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from test_first_boot import SECRET, Machine, cloud

import bpc.api
from bpc.provision.readiness import ASK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

assert cloud, "a fixture"


class Service(BaseHTTPRequestHandler):
    """Answers with the next of the server's codes, and with the last of them from then on."""

    def do_GET(self):
        codes = self.server.codes
        self.server.asked.append(self.path)
        self.send_response(codes.pop(0) if len(codes) > 1 else codes[0])
        self.end_headers()

    def log_message(self, *_):
        """Nothing: the test looks at what was asked."""


@contextmanager
def service(*codes: int, host: str = "127.0.0.1") -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer((host, 0), Service) as server:
        server.codes, server.asked = list(codes), []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def machine(folder: Path, cloud, tier: str, within: int = 20, **files: str) -> Machine:
    """A machine that gives up after a tenth of the seconds: the one of the tests was started long ago."""
    said = f"    ready_within = {within}s\n{tier}"
    return Machine(folder, cloud, "", {name: text.encode() for name, text in files.items()}, said)


def exposed(port: int, more: str = "") -> str:
    return f"    ready = api\n    expose api {{ port = {port}{more} }}\n"


@pytest.mark.parametrize("codes", [(200,), (500, 503, 200)], ids=["at once", "after a while"])
def test_ready_when_the_health_path_answers(codes, tmp_path, cloud):
    with service(*codes) as server:
        booted = machine(tmp_path, cloud, exposed(server.server_port, ', health = "/ready?a=1&b=\'"'), within=300)
        assert booted.boot() == 0, booted.log
        assert server.asked == ["/ready?a=1&b='"] * len(codes)
    assert [body["status"] for _, body in cloud.heard] == ["SUCCESS"]


def test_a_health_path_that_answers_500_fails_with_the_reason(tmp_path, cloud):
    with service(500) as server:
        port = server.server_port
        booted = machine(tmp_path, cloud, exposed(port, ', health = "/ready"'))
        assert booted.boot() == 1
    [(_, told)] = cloud.heard
    assert told["status"] == "FAILURE"
    wanted = f"exit code 1: ready: api must answer 200 to http at port {port}, /ready"
    answered = f"GET http://127.0.0.1:{port}/ready answered 500 Internal Server Error, expected 200"
    assert told["reason"].startswith(f"{wanted}: {answered}\n"), "an event has room for no more"
    assert f"\n{answered}\n" in told["reason"]


@pytest.mark.parametrize(("codes", "expected"), [("200-299", 0), ("200,204", 0), ("200,203", 1), ("204", 0)])
def test_the_codes_of_a_check_count(codes, expected, tmp_path, cloud):
    check = f'\n health {{ path = "/ready", codes = "{codes}" }}\n'
    with service(204) as server:
        booted = machine(tmp_path, cloud, exposed(server.server_port, check))
        assert booted.boot() == expected, booted.log


def test_without_a_path_the_port_must_answer(tmp_path, cloud):
    with service(500) as server:
        port = server.server_port
        (tmp_path / "open").mkdir()
        booted = machine(tmp_path / "open", cloud, exposed(port))
        assert booted.boot() == 0, booted.log
        assert server.asked == []
    (tmp_path / "closed").mkdir()
    assert machine(tmp_path / "closed", cloud, exposed(port)).boot() == 1
    assert f"tcp at 127.0.0.1:{port}: [Errno 111] Connection refused" in cloud.heard[-1][1]["reason"]


def test_the_members_own_port_is_asked(tmp_path, cloud):
    """Behind a balancer that ends TLS the members speak plain HTTP at `member_port`."""
    with service(200) as server:
        more = (
            f', member_port = {server.server_port}, protocol = https, tls = "c", balance = round_robin, health = "/ok"'
        )
        booted = machine(tmp_path, cloud, exposed(443, more))
        assert booted.boot() == 0, booted.log
        assert server.asked == ["/ok"]


def test_a_script_is_repeated_until_it_succeeds(tmp_path, cloud):
    tries = tmp_path / "tries"
    script = f'#!/bin/sh\necho "$NAME" >>{tries}\ntest "$(wc -l <{tries})" -ge 2\n'
    tier = '    ready { script = "check", environment = { NAME = "it\'s" } }\n'
    booted = machine(tmp_path, cloud, tier, within=300, check=script)
    assert booted.boot() == 0, booted.log
    assert tries.read_text() == "it's\nit's\n"


def test_a_script_that_fails_tells_what_it_said_but_no_secret(tmp_path, cloud):
    script = '#!/bin/sh\necho "the reason is $PASSWORD"\nexit 9\n'
    tier = '    ready { script = "check", environment = { PASSWORD = pw } }\n'
    booted = machine(tmp_path, cloud, tier, check=script)
    assert booted.boot() == 9
    [(_, told)] = cloud.heard
    assert told["reason"].startswith("exit code 9: ready: check must succeed: the reason is ***\n")
    assert "\nthe reason is ***\n" in told["reason"]
    assert SECRET not in told["reason"]


def test_it_is_asked_after_all_else_and_in_each_run(tmp_path, cloud):
    out = tmp_path / "root"
    with service(500) as server:
        tier = "    ready_within = 10s\n" + exposed(server.server_port, ', health = "/"')
        booted = Machine(tmp_path, cloud, f'  run "it" {{ text = "echo once >>{out}/it" }}\n', tier=tier)
        assert booted.boot() == 1
        server.codes[:] = [200]
        assert booted.boot() == 0, booted.log
    assert (out / "it").read_text() == "once\n"
    assert [body["status"] for _, body in cloud.heard] == ["FAILURE", "SUCCESS"]


BALANCED = """blueprint 1
image base {{ from = debian("12") }}
solution s {{
  version = "1"
  network n {{ cidr = "10.0.0.0/24" }}
  tier t {{
    image   = base
    network = n
    expose  api {{
      port    = 80
      balance = round_robin
      {health}
    }}
  }}
  environment short {{ tier t {{ expose api {{ health = "/short" }} }} }}
  environment long {{ tier t {{ expose api {{
    health {{ path = "/long" }}
  }} }} }}
}}
"""
BLOCK = 'health { path = "/ready", every = 30s, after = 2, timeout = 7s, codes = "200,204" }'


def checks(folder: Path, health: str, environment: str = "") -> dict[str, str]:
    """The stacks of both clouds, one line each."""
    (folder / "solution.bp").write_text(BALANCED.format(health=health))
    made = bpc.api.compile(folder / "solution.bp", targets=("heat", "cloudformation"), environment=environment)
    assert made.ok, [found.text for found in made.diagnostics]
    return {name: " ".join(artifacts.files["stack.yaml"].split()) for name, artifacts in made.artifacts.items()}


def test_the_balancers_check_as_the_block_says(tmp_path):
    made = checks(tmp_path, BLOCK)
    assert (
        'delay: 30 timeout: 7 max_retries: 2 url_path: /ready http_method: GET expected_codes: "200,204"'
        in made["heat"]
    )
    assert (
        "HealthCheckIntervalSeconds: 30 HealthCheckTimeoutSeconds: 7 HealthyThresholdCount: 2 UnhealthyThresholdCount: 2 "
        'HealthCheckProtocol: HTTP HealthCheckPath: /ready Matcher: { HttpCode: "200,204" }' in made["cloudformation"]
    )


@pytest.mark.parametrize("said", [BLOCK, 'health = "/said"'])
def test_an_environment_changes_either_form_to_either(said, tmp_path):
    short = checks(tmp_path, said, "short")["heat"]
    assert "delay: 5 timeout: 4 max_retries: 3 url_path: /short" in short
    long = checks(tmp_path, said, "long")["heat"]
    assert ("delay: 30" if said == BLOCK else "delay: 10") in long
    assert "url_path: /long" in long


def test_each_address_of_the_machine_is_asked():
    """A service may listen on one of them only."""
    with service(200, host="127.0.0.1") as server:
        program = ASK.partition("<<'ASK_END'\n")[2].partition("ASK_END")[0]
        command = [sys.executable, "-", "http", str(server.server_port), "/", "200"]
        for addresses, expected in ((["127.0.0.2", "127.0.0.1"], 0), (["127.0.0.2"], 1)):
            asked = subprocess.run([*command, *addresses], input=program, text=True, check=False, capture_output=True)
            assert asked.returncode == expected, asked.stderr
