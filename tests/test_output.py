"""Where the output cannot be written or nobody reads it: a clear message, the earlier result whole, and nothing left over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SHOP = Path(__file__).parent.parent / "blueprints" / "shop" / "solution.bp"
BPC = [sys.executable, "-m", "bpc"]
BUFFERED = {**os.environ, "PYTHONUNBUFFERED": ""}


def compiled(folder: Path, *more: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, *BPC, "compile", str(SHOP), "-o", str(folder), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def content(folder: Path) -> dict[str, bytes]:
    """All files below a folder, also those whose names begin with a dot."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def refuses(done: subprocess.CompletedProcess[str], reason: str) -> None:
    assert done.returncode == 2
    assert done.stderr.startswith("bpc: cannot write into ")
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture
def mounted(tmp_path):
    """Mounts file systems of their own on folders; unmounted in the end."""
    folders: list[Path] = []

    def mount(*options: str) -> Path:
        folder = tmp_path / "mounted"
        folder.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("only root may mount, and not in every container")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        subprocess.run(["umount", str(folder)], check=True)


def test_full_disk(mounted):
    disk = mounted("size=128k")
    assert compiled(disk).returncode == 0
    before = content(disk)
    (disk / "ballast").write_bytes(b"x" * (os.statvfs(disk).f_bavail * 4096 - 4096))
    refuses(compiled(disk, "--env", "production"), "no space left on device")
    (disk / "ballast").unlink()
    assert content(disk) == before


def test_full_disk_and_no_earlier_result(mounted):
    disk = mounted("size=8k")
    refuses(compiled(disk), "no space left on device")
    assert content(disk) == {}
    assert list(disk.rglob("*")) == []


def test_read_only_file_system(mounted):
    disk = mounted("size=1m")
    assert compiled(disk).returncode == 0
    before = content(disk)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    refuses(compiled(disk, "--env", "production"), "read-only file system")
    assert content(disk) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; test_read_only_file_system is for root")
def test_read_only_folder(tmp_path):
    out = tmp_path / "out"
    assert compiled(out).returncode == 0
    before = content(out)
    out.chmod(0o555)
    try:
        refuses(compiled(out, "--env", "production"), "permission denied")
    finally:
        out.chmod(0o755)
    assert content(out) == before


def test_file_that_cannot_grow(tmp_path):
    """What a quota does, for everybody: files of half the size of the largest."""
    assert compiled(tmp_path / "out").returncode == 0
    before = content(tmp_path)
    blocks = max(len(data) for data in before.values()) // 2 // 512
    small = ("sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh")
    refuses(compiled(tmp_path / "out", "--env", "production", before=small), "file too large")
    refuses(compiled(tmp_path / "new", before=small), "file too large")
    assert content(tmp_path) == before


def test_output_below_a_file(tmp_path):
    (tmp_path / "out").write_text("mine")
    refuses(compiled(tmp_path / "out"), "file exists")
    assert content(tmp_path) == {"out": b"mine"}


@pytest.mark.parametrize(
    "command", [["model", str(SHOP)], ["targets"], ["--help"], ["check", "/none.bp"]], ids=" ".join
)
def test_nobody_reads(command):
    """As in `bpc model | head -1`, when head has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    streams = {"stdout": writer, "stderr": writer} if command[0] == "check" else {"stdout": writer, "stderr": -1}
    process = subprocess.Popen([*BPC, *command], env=BUFFERED, text=True, **streams)
    os.close(writer)
    assert process.communicate(timeout=60)[1] in ("", None)
    assert process.returncode == 141


def test_whoever_reads_leaves(tmp_path):
    script = f'"$@" compile {SHOP} -o {tmp_path}/out | head -1; "$@" model {SHOP} | head -1; "$@" targets | head -1'
    command = ["sh", "-c", script, "sh", *BPC]
    done = subprocess.run(command, env=BUFFERED, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert [line[:5] for line in done.stdout.splitlines()] == ["wrote", "{", "| con"]


@pytest.mark.parametrize("command", [["model", str(SHOP)], ["targets"]], ids=lambda command: command[0])
def test_printing_onto_a_full_disk(command):
    with open("/dev/full", "w") as full:
        done = subprocess.run([*BPC, *command], env=BUFFERED, stdout=full, stderr=-1, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "bpc: cannot print: no space left on device\n"
