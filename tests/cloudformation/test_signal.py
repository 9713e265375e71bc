"""How a machine says that it is ready, or not: within CloudFormation's limits, and without end where nobody listens."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bpc_targets.cloudformation.userdata import SIGNAL


@pytest.fixture
def listener():
    """(address, what was heard, the answers to give, the last of them for ever)."""
    heard: list[tuple[str, bytes]] = []
    answers = [200]

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self):
            heard.append((self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/?X-Amz-Signature=1&b=c", heard, answers
        server.shutdown()


def signal(url: str, status: str, reason: str) -> subprocess.CompletedProcess:
    program = "".join(part if isinstance(part, str) else url for part in SIGNAL).replace(
        "time.sleep(15)", "time.sleep(0)"
    )
    return subprocess.run(
        [sys.executable, "-c", program, status], input=reason.encode(), capture_output=True, timeout=60, check=False
    )


def test_a_failure_carries_its_reason(listener):
    url, heard, _ = listener
    assert signal(url, "FAILURE", "exit code 7: fetch\nthe log").returncode == 0
    [(kind, body)] = heard
    assert not kind, "the signed address is for requests without a content type"
    said = json.loads(body)
    assert (said["Status"], said["Reason"]) == ("FAILURE", "exit code 7: fetch\nthe log")
    assert said["UniqueId"]


@pytest.mark.parametrize("reason", ["x" * 100_000, '"\\\n\t' * 5000, "ü€" * 5000, "\udcff" * 10])
def test_a_long_reason_is_cut_at_its_beginning(listener, reason):
    url, heard, _ = listener
    text = reason.encode(errors="replace").decode() + "THE END"
    assert signal(url, "FAILURE", text).returncode == 0
    [(_, body)] = heard
    assert len(body) <= 4096
    assert json.loads(body)["Reason"].endswith("THE END")


def test_it_tries_again(listener):
    url, heard, answers = listener
    answers[:] = [500, 503, 200]
    assert signal(url, "SUCCESS", "ready").returncode == 0
    assert len(heard) == 3


def test_a_machine_that_comes_when_nobody_waits_is_ready_too(listener):
    url, heard, answers = listener
    answers[:] = [403]
    assert signal(url, "SUCCESS", "ready").returncode == 0
    assert len(heard) == 1


def test_it_says_so_where_nobody_can_be_reached(listener):
    url, heard, answers = listener
    answers[:] = [500]
    assert signal(url, "SUCCESS", "ready").returncode == 1
    assert len(heard) == 20
