"""An output folder is whole at every moment, also where its writer is killed; what that leaves is gone after the next run."""

from __future__ import annotations

import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bpc.files import PART, PART_MARK, Project, ReadError, write_folder

FILES = 30
WRITER = f"""
import sys
from bpc.files import write_folder
number = int(sys.argv[2])
while True:
    number += 1
    write_folder(sys.argv[1], {{f"d/file-{{n}}": str(number) for n in range({FILES})}})
    print(number, flush=True)
"""


def whole(folder: Path) -> str:
    """The one content that all files of a result have."""
    found = {path.read_text() for path in (folder / "d").iterdir()}
    assert len(list((folder / "d").iterdir())) == FILES
    assert len(found) == 1, found
    return found.pop()


def test_killed_at_any_moment(tmp_path):
    out, chance = tmp_path / "out", random.Random(9)
    write_folder(str(out), {f"d/file-{n}": "0" for n in range(FILES)})
    left = 0
    for number in range(25):
        command = [sys.executable, "-c", WRITER, str(out), str(number * 100_000)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0, 0.02))
            process.kill()
        whole(out)
        left += len([name for name in os.listdir(tmp_path) if name.startswith(PART)])
    assert left, "no kill has hit the middle of a write"
    write_folder(str(out), {"a": "1"})
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("call", ["renameat2", "mkdir", "openat", "fchmodat,chmod", "unlinkat,rmdir"])
def test_killed_at_each_system_call(call, tmp_path):
    """strace kills the writer at the n-th call of a kind, for each n until it gets through."""
    out = tmp_path / "out"
    write_folder(str(out), {f"d/file-{n}": "0" for n in range(FILES)})
    once = WRITER.replace("print(number, flush=True)", "break")
    python = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(Path('compiler').absolute())!r})\n{once}",
    ]
    first = 1 if call == "renameat2" else 4 if call == "mkdir" else 1
    step = 9 if call == "openat" else 4
    killed = 0
    for number in range(first, 400, step):
        inject = f"inject={call}:signal=KILL:when={number}"
        command = [
            "strace",
            "-f",
            "-qq",
            "-e",
            f"trace={call}",
            "-e",
            inject,
            "-o",
            str(tmp_path.parent / "log"),
            *python,
        ]
        done = subprocess.run([*command, str(out), str(number)], check=False, capture_output=True)
        assert whole(out) in {str(number + 1), *map(str, range(number + 1))}
        if done.returncode == 0:
            break
        killed += done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
    assert killed
    write_folder(str(out), {"a": "1"})
    assert os.listdir(tmp_path) == ["out"]


def test_a_reader_never_misses_the_folder(tmp_path):
    """While it is written again and again, it is there: two renames would leave a gap."""
    out = tmp_path / "out"
    write_folder(str(out), {"a": "0"})
    missed, done = [], threading.Event()

    def look() -> None:
        while not done.is_set():
            try:
                os.stat(out)
            except FileNotFoundError:
                missed.append(1)

    thread = threading.Thread(target=look)
    thread.start()
    for number in range(300):
        write_folder(str(out), {"a": str(number)})
    done.set()
    thread.join()
    assert not missed


def test_two_writers_at_once(tmp_path):
    command = [sys.executable, "-c", WRITER.replace("while True", "for _ in range(60)"), str(tmp_path / "out")]
    writers = [
        subprocess.Popen([*command, str(n)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for n in (0, 1000)
    ]
    assert [(w.communicate()[1], w.returncode) for w in writers] == [(b"", 0)] * 2
    whole(tmp_path / "out")
    assert os.listdir(tmp_path) == ["out"]


def test_what_is_not_ours_stays(tmp_path):
    for name in ("other", "deep"):
        (tmp_path / f"{PART}{name}").mkdir()
        (tmp_path / f"{PART}{name}" / "mine").write_text("")
    (tmp_path / f"{PART}link").symlink_to("elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / PART_MARK).write_text("")
    before = sorted(os.listdir(tmp_path))
    write_folder(str(tmp_path / "out"), {"a": "1"})
    assert sorted(os.listdir(tmp_path)) == sorted([*before, "out"])
    assert os.listdir(tmp_path / "elsewhere") == [PART_MARK]


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o777])
def test_modes_do_not_depend_on_umask(mask, tmp_path):
    code = "import os, sys; os.umask(int(sys.argv[2])); from bpc.files import write_folder\n"
    code += "write_folder(sys.argv[1], {'a/b/c': 'x', 'a/run': '#!/bin/sh\\n', 'd': b''})"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "out"), str(mask)], check=True)
    modes = {str(p.relative_to(tmp_path)): oct(stat.S_IMODE(p.stat().st_mode)) for p in tmp_path.rglob("*")}
    folders = dict.fromkeys(("out", "out/a", "out/a/b"), "0o755")
    assert modes == folders | {"out/a/b/c": "0o644", "out/a/run": "0o755", "out/d": "0o644"}


# ---- reading a stranger's project


def test_a_pipe_or_device_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/zero")
    for name, reason in (("pipe", "it is not a file"), ("null", "it lies outside the project folder")):
        with pytest.raises(ReadError) as error:
            Project(str(tmp_path)).read(name)
        assert error.value.reason == reason


def test_a_link_that_comes_after_the_look_is_not_followed(tmp_path, monkeypatch):
    """Its owner exchanges a folder of the project, or the file, between the look at its path and the opening of it."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "f").write_text("secret")
    project = tmp_path / "project"
    for swap in ("folder", "file"):
        shutil.rmtree(project, ignore_errors=True)
        (project / "d").mkdir(parents=True)
        (project / "d" / "f").write_text("mine")
        opened = os.open

        def exchange(path, *more, swap=swap, opened=opened, **options):
            place = project / "d" if swap == "folder" else project / "d" / "f"
            place.rename(project / "aside")
            place.symlink_to(secret if swap == "folder" else secret / "f")
            return opened(path, *more, **options)

        monkeypatch.setattr("bpc.files.os.open", exchange)
        with pytest.raises(ReadError):
            Project(str(project)).read("d/f")
        monkeypatch.undo()
