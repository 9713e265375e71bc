"""How a machine says that it is ready, or not: within CloudFormation's limits, and without end where nobody listens."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from judges.amazon import METADATA, NOBODY, STACK, amazon

from bpc_targets.cloudformation.programs import BESIDE, signal

MODELS = 'def slept(seconds):\n    print("slept", seconds)\n\n\n'


@pytest.fixture
def aws():
    with amazon() as server:
        yield server


@pytest.fixture
def tell(tmp_path, aws):
    """Runs the program as a machine does, in a folder of its own; it only says how long it would sleep."""

    def run(status: str, reason: str, pause: int = 0) -> subprocess.CompletedProcess:
        url = f"{aws.url}?X-Amz-Signature=1&b=c"
        program = "".join(str(part) for part in signal(pause))
        program = program.replace("import aws\n", f"import aws\n\n{MODELS}").replace("time.sleep(", "slept(")
        program = program.replace("/dev/console", str(tmp_path / "console"))
        (tmp_path / "signal").write_text(program.replace("/var/lib/bpc", str(tmp_path)))
        for name, text in BESIDE.items():
            (tmp_path / name).write_text(aws.here("".join(part if isinstance(part, str) else url for part in text)))
        command = [sys.executable, str(tmp_path / "signal"), status]
        return subprocess.run(command, input=reason.encode(), capture_output=True, timeout=60, check=False)

    return run


def slept(done: subprocess.CompletedProcess) -> list[int]:
    return [int(line.split()[1]) for line in done.stdout.decode().splitlines() if line.startswith("slept")]


def test_a_failure_carries_its_reason(aws, tell):
    assert tell("FAILURE", "exit code 7: fetch\nthe log").returncode == 0
    [(kind, body)] = aws.told
    assert not kind, "the signed address is for requests without a content type"
    said = json.loads(body)
    assert (said["Status"], said["Reason"]) == ("FAILURE", "exit code 7: fetch\nthe log")
    assert said["UniqueId"]


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE"])
def test_the_machine_s_resource_is_signalled(aws, tell, status):
    """The stand-in has refused a wrong signature, and what AWS's library does not know."""
    assert tell(status, "so it is").returncode == 0
    [given] = aws.signals
    assert given == {
        "Action": "SignalResource",
        "Version": "2010-05-15",
        "StackName": STACK,
        "LogicalResourceId": "WaitTX0",
        "UniqueId": METADATA["instance-id"],
        "Status": status,
    }


def test_a_wrong_signature_would_be_noticed(aws, tell):
    aws.here = lambda program, here=aws.here: here(program).replace('"AWS4" +', '"AWS3" +')
    assert tell("SUCCESS", "ready").returncode == 0, "refused, and that is no failure"
    assert aws.signals == []


@pytest.mark.parametrize("reason", ["x" * 100_000, '"\\\n\t' * 5000, "ü€" * 5000, "\udcff" * 10])
def test_a_long_reason_is_cut_at_its_beginning(aws, tell, reason):
    text = reason.encode(errors="replace").decode() + "THE END"
    assert tell("FAILURE", text).returncode == 0
    [(_, body)] = aws.told
    assert len(body) <= 4096
    assert json.loads(body)["Reason"].endswith("THE END")


def test_a_failure_is_on_the_console_without_secrets(aws, tell, tmp_path):
    (tmp_path / "secrets").write_text("s3cret\n")
    assert tell("FAILURE", "exit code 7: fetch\nthe log, s3cret").returncode == 0
    assert (tmp_path / "console").read_text() == "bpc: first boot failed: exit code 7: fetch\nthe log, ***"
    (tmp_path / "console").unlink()
    assert tell("SUCCESS", "ready").returncode == 0
    assert not (tmp_path / "console").exists()


def test_a_reason_has_a_lead_where_it_is_heard(aws, tell):
    """Whichever is heard first ends the creation, and only one of them has a reason."""
    assert slept(tell("FAILURE", "why")) == [60]
    aws.codes[:] = [403]
    assert slept(tell("FAILURE", "why")) == [0], "the stack was made long ago"


def test_success_is_told_after_the_pause(aws, tell):
    assert slept(tell("SUCCESS", "ready", pause=30)) == [30]
    assert slept(tell("FAILURE", "why", pause=30)) == [60]


def test_it_tries_again(aws, tell):
    aws.codes[:] = [500, 503, 200]
    aws.answers[:] = [
        (400, "<Code>Throttling</Code>"),
        (403, "<Code>AccessDenied</Code>: the role is not everywhere yet"),
        (200, ""),
    ]
    assert tell("SUCCESS", "ready").returncode == 0
    assert (len(aws.told), len(aws.signals)) == (3, 3)


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE"])
def test_a_machine_that_comes_when_nobody_waits_is_fine(aws, tell, status):
    """A scaling group has made it; a signal that is refused is no failure of first boot."""
    aws.codes[:] = [403]
    aws.answers[:] = [(400, NOBODY)]
    assert tell(status, "ready").returncode == 0
    assert (len(aws.told), len(aws.signals)) == (1, 1)


def test_a_refusal_for_ever_is_no_failure_of_first_boot(aws, tell):
    aws.answers[:] = [(403, "<Code>AccessDenied</Code>")]
    assert tell("SUCCESS", "ready").returncode == 0
    assert len(aws.signals) == 20


def test_it_says_so_where_nobody_can_be_reached(aws, tell):
    address = aws.url
    aws.url = "http://127.0.0.1:1/"
    done = tell("SUCCESS", "ready")
    assert done.returncode == 1
    assert b"nobody answered" in done.stderr
    assert address != aws.url
