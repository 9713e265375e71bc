"""Output folders appear whole or not at all, also when writing fails or is interrupted in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from bpc.files import write_folder


def content(folder) -> dict[str, str]:
    return {p.name: p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_replaces_the_whole_folder(tmp_path):
    write_folder(str(tmp_path / "out"), {"a": "1", "b/c": "2"})
    write_folder(str(tmp_path / "out"), {"a": "3"})
    assert content(tmp_path / "out") == {"a": "3"}
    assert os.listdir(tmp_path) == ["out"]


def test_failure_leaves_the_earlier_folder(tmp_path):
    write_folder(str(tmp_path / "out"), {"a": "1"})
    with pytest.raises(OSError):
        write_folder(str(tmp_path / "out"), {"a": "2", "x" * 300: "a name that no file system takes"})
    assert content(tmp_path / "out") == {"a": "1"}
    assert os.listdir(tmp_path) == ["out"]


def test_replaces_a_file_and_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").write_text("")
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "file").write_text("")
    for name in ("link", "file"):
        write_folder(str(tmp_path / name), {"a": "1"})
        assert content(tmp_path / name) == {"a": "1"}
    assert sorted(os.listdir(tmp_path)) == ["elsewhere", "file", "link"]
    assert os.listdir(tmp_path / "elsewhere") == ["mine"]


WRITER = """
import signal, sys
from bpc.files import write_folder
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background may have inherited it as ignored
for number in range(1000000):
    write_folder(sys.argv[1], {f"file-{n}": str(number) for n in range(50)})
"""


def test_interruption_leaves_one_whole_result(tmp_path):
    out = tmp_path / "out"
    write_folder(str(out), {f"file-{n}": "the first" for n in range(50)})
    for delay in (0.3, 0.35, 0.4, 0.45, 0.5):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(out)], stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
        found = content(out)
        assert len(found) == 50
        assert len(set(found.values())) == 1
