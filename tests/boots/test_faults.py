"""What goes wrong while images are built: each ends in a clear message, nothing is lost, and the next run is right.

The base is built once (BPC_IMAGES: an earlier one's folder); each test has a copy of it. BPC_KILLS: how often a build is killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bpc import api
from bpc.imaging import builder, tools
from bpc.imaging.place import MARK
from bpc.imaging.plan import Wanted, plan

pytestmark = pytest.mark.images
SHOP = Path(__file__).parents[2] / "blueprints" / "shop"
BPC = [sys.executable, "-m", "bpc", "build"]
KILLS = int(os.environ.get("BPC_KILLS", "5"))


@pytest.fixture
def project(tmp_path):
    """A copy of the shop, to be changed."""
    return shutil.copytree(SHOP, tmp_path / "shop")


@pytest.fixture
def out(built, tmp_path):
    """An output folder with nothing but the base."""
    return with_base(built, tmp_path / "out")


def with_base(built: Path, out: Path) -> Path:
    work = out / "images" / "work"
    work.mkdir(parents=True)
    kept = (".tree", MARK)
    bases = [path for path in (built / "images" / "work").iterdir() if any(part in path.name for part in kept)]
    subprocess.run(["cp", "-a", *bases, work], check=True)
    return out


def command(project: Path, out: Path, *words: str) -> list[str]:
    return [*BPC, "--blueprint", str(project / "solution.bp"), "-o", str(out), *words]


def run(project: Path, out: Path, *words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*before, *command(project, out, *words)], capture_output=True, text=True, check=False)


def whole(out: Path) -> list[str]:
    """The images under final names; each is as its description says. Fails where one is not, or something is left over."""
    names = []
    for path in sorted((out / "images").glob("*.json")):
        for form, said in json.loads(path.read_text())["files"].items():
            with path.with_suffix(f".{form}").open("rb") as file:
                assert hashlib.file_digest(file, "sha256").hexdigest() == said["sha256"], path
        names.append(path.stem)
    return names


def change(project: Path, file: str, old: str, new: str) -> None:
    text = (project / file).read_text()
    assert old in text
    (project / file).write_text(text.replace(old, new))


def must_build(project: Path, out: Path) -> dict[str, str]:
    """Tier or "base" → why, of what must be built."""
    said = run(project, out, "--explain").stdout.splitlines()
    found = {}
    for line in said:
        title, _, why = line.partition(" (")[2].partition("): ")
        if not why.startswith("need not"):
            found[title] = why
    return found


def test_what_a_change_rebuilds(built, project):
    assert must_build(project, built) == {}
    change(project, "solution.bp", "# handing over", "# Handing over")
    assert must_build(project, built) == {}
    change(project, "files/shop.service", "The shop", "The shop itself")
    change(project, "images.bp", "  service  shop {", "  # configuration\n  service  shop {")
    assert must_build(project, built) == {}, "configuration is not in an image that is baked with software only"
    change(project, "files/postgresql.conf", "200", "300")
    assert list(must_build(project, built)) == ["tier db"]
    change(project, "images.bp", '"openssh-server"', '"openssh-server", "rsync"')
    assert list(must_build(project, built)) == ["base", "tier web", "tier app", "tier db"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_killed(how, project, out):
    chance = random.Random(7)
    for number in range(KILLS):
        process = subprocess.Popen(command(project, out, "web"), stderr=subprocess.PIPE, start_new_session=True)
        time.sleep(chance.uniform(0.2, 14))
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, how)
        process.wait(60)
        print(f"kill {number}: ended with {process.returncode}, whole: {whole(out)}")
        for path in (out / "images").glob("proxy-*"):  # it was quicker: the next one starts anew
            path.unlink()
    done = run(project, out, "web")
    assert done.returncode == 0, done.stderr
    [name] = whole(out)
    assert sorted(p.name for p in (out / "images").iterdir() if name in p.name) == [f"{name}.json", f"{name}.qcow2"]
    assert [p.name for p in (out / "images" / "work").iterdir() if name in p.name] == [f"{name}.known.json"]
    left = [p.name for p in (out / "images" / "work").iterdir() if p.name.startswith(("run-", "new-"))]
    assert left == []


def test_two_at_once(project, out):
    first = subprocess.Popen(command(project, out, "web"), stderr=subprocess.PIPE, text=True)
    assert first.stderr is not None
    assert any("started" in line for line in first.stderr)
    second = run(project, out, "web")
    assert second.returncode == 2
    assert f"another build runs in {out / 'images'} (process {first.pid}): wait for it" in second.stderr
    first.communicate()
    assert first.returncode == 0
    assert len(whole(out)) == 1


def test_package_that_does_not_exist(project, out):
    change(project, "images.bp", '"nginx"', '"nginx-of-nobody"')
    done = run(project, out, "web")
    assert done.returncode == 1
    assert "BPC501" in done.stderr, done.stderr
    assert '"nginx-of-nobody"' in done.stderr
    assert "images.bp:12" in done.stderr


def test_step_that_fails(project, out):
    step = '  run "break" { text = "echo the reason; exit 3" }\n  service  nginx'
    change(project, "images.bp", "  service  nginx", step)
    done = run(project, out, "web")
    assert done.returncode == 1
    assert "BPC502" in done.stderr, done.stderr
    assert "the reason" in done.stderr
    assert "images.bp:15" in done.stderr
    change(project, "images.bp", "exit 3", "exit 0")
    assert run(project, out, "web").returncode == 0
    assert len(whole(out)) == 1


def test_no_network(project, out):
    done = run(project, out, "web", before=("unshare", "--net"))
    assert done.returncode == 1
    assert "packages cannot be fetched" in done.stderr, done.stderr
    assert whole(out) == []
    assert run(project, out, "web").returncode == 0


@pytest.fixture
def small_disk(built, tmp_path):
    """An output folder with the base, on a file system of 3.9 GiB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4000m,mode=0755", "none", place], check=True)
    yield with_base(built, place / "out")
    subprocess.run(["umount", "--lazy", place], check=True)


def test_disk_full(project, small_disk):
    images = small_disk / "images"
    process = subprocess.Popen(command(project, small_disk, "db"), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert any("started" in line for line in process.stderr)
    filler = images.parent / "filler"
    filler.touch()
    subprocess.run(["fallocate", "-l", str(shutil.disk_usage(images).free - 300_000_000), filler], check=True)
    said = process.communicate()[1]
    assert process.returncode == 1
    assert "the disk is full" in said, said
    assert whole(small_disk) == []
    early = run(project, small_disk, "db")
    assert early.returncode == 2
    assert "GiB free" in early.stderr
    filler.unlink()
    done = run(project, small_disk, "db")
    assert done.returncode == 0, done.stderr
    assert len(whole(small_disk)) == 1


def test_more_than_memory_holds(project, out, capsys):
    result = api.compile(str(project / "solution.bp"), targets=(), images=("mkosi",))
    assert result.solution is not None
    with builder.locked(str(out / "images"), str(project), ("qcow2",), result.solution.span) as order:
        [job] = [job for job in plan(result.solution, order.store, Wanted(tiers=("web",))) if job.why]
        builder.write_specs(order, result.artifacts["mkosi"].files)
        with builder.Runs() as runs:
            builder.one(order, job, tools.find(), print, runs, "0", memory=200 * 2**20)
    assert "too large for 0.2 GiB of memory: once more, on the disk" in capsys.readouterr().out
    assert whole(out) == [job.name]
