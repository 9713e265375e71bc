"""`bpc build` in a folder that somebody else prepared: it follows no link, removes nothing that it has not made, and says so.

Nothing is built here: the folder is looked at first. The refusals are golden files.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bpc.api import compile as compiled
from bpc.imaging import confine, confined, known, place
from bpc.imaging.log import CONTROL, Log
from bpc.imaging.plan import Wanted, plan

GOLDEN = Path(__file__).parent / "golden" / "build-refusals"
STRANGER = 4242
NAME = "t-000000000000"
BLUEPRINT = """blueprint 1
image t {
  from = debian("12")
  run "x" { text = "true" }
}
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier a { image = t, network = n }
}
"""
root = pytest.mark.skipif(os.geteuid() != 0, reason="bpc build is root")


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "solution.bp").write_text(BLUEPRINT)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("mine")
    return folder


@pytest.fixture
def keys(tmp_path, monkeypatch):
    monkeypatch.setattr(place, "KEYS", str(tmp_path / "keys"))


def build(project: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """As in a session of root's own: who called sudo is not said unless a test says it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
    command = [sys.executable, "-m", "bpc", "build", *words]
    return subprocess.run(command, cwd=project, env=clean | environment, capture_output=True, text=True, check=False)


def link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def tree(folder: Path) -> dict[str, object]:
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else p.is_symlink() for p in folder.rglob("*")}


def strange(path: Path) -> None:
    path.mkdir(parents=True)
    os.chown(path, STRANGER, STRANGER)


REFUSED = {
    "out-is-a-link": lambda p, precious: link(p / "out", precious),
    "images-is-a-link": lambda p, precious: link(p / "out" / "images", precious),
    "work-is-a-link": lambda p, precious: link(p / "out" / "images" / "work", precious),
    "logs-is-a-link": lambda p, precious: link(p / "out" / "images" / "logs", precious),
    "out-is-a-strangers": lambda p, precious: strange(p / "out"),
    "images-is-a-strangers": lambda p, precious: strange(p / "out" / "images"),
    "work-is-a-strangers": lambda p, precious: strange(p / "out" / "images" / "work"),
    "work-is-not-ours": lambda p, precious: shutil.copytree(precious, p / "out" / "images" / "work"),
    "logs-is-a-file": lambda p, precious: ((p / "out" / "images").mkdir(parents=True), (p / "out/images/logs").touch()),
    "work-has-a-forged-mark": lambda p, precious: (
        (p / "out/images/work").mkdir(parents=True),
        (p / "out/images/work/.made-by-bpc").write_text("0" * 64),
    ),
}


@root
@pytest.mark.parametrize("case", REFUSED)
def test_refused(case, project, tmp_path, request):
    precious = tmp_path / "precious"
    REFUSED[case](project, precious)
    before = tree(tmp_path)
    done = build(project)
    said = done.stderr.replace(str(tmp_path), "/TMP")
    golden = GOLDEN / f"{case}.txt"
    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(said)
    assert said == golden.read_text()
    assert done.returncode == 1
    after = tree(tmp_path)
    assert {name: after[name] for name in before} == before, "what was there is as it was"
    own = {f"project/out/images/{name}" for name in ("work", "work/.made-by-bpc", "logs")}
    assert after.keys() - before.keys() <= own | {"project/out/images"}


@root
@pytest.mark.parametrize("name", [".lock", "work/.lock", "work/specs", "work/run-0", "work/tiers.json"])
def test_links_at_names_of_ours_are_not_followed(name, tmp_path, keys):
    """Also in a folder of ours, should somebody ever get in."""
    precious, images = tmp_path / "precious", tmp_path / "images"
    precious.mkdir()
    (precious / "file").write_text("mine")
    with place.output(str(images), str(tmp_path), make=True) as folder, folder.own("work", mode=0o700):
        pass
    os.symlink(precious / "file" if "lock" in name or "json" in name else precious, images / name)
    from bpc.imaging.builder import Order, locked, write_specs  # noqa: F401  the first is what locked gives

    try:
        with locked(str(images), str(tmp_path), ("qcow2",), None) as order:  # type: ignore[arg-type]
            write_specs(order, {"a": "1"})
            order.store.use({"s//a": "x"})
    except OSError:
        pass
    assert tree(precious) == {"file": b"mine"}


@root
def test_the_user_who_called_sudo_is_trusted(project):
    strange(project / "out")
    strange(project / "out" / "images")
    (project / "out" / "images" / "work").touch()  # the next refusal: so the folder itself was taken
    assert "out/images/work is not a folder" in build(project, SUDO_UID=str(STRANGER)).stderr
    assert f"belongs to user {STRANGER}" in build(project, SUDO_UID="1").stderr


@root
def test_a_link_outside_the_project_is_roots_own_affair(project, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    with place.output(str(tmp_path / "link" / "images"), str(project), make=True) as folder:
        assert folder.path == str(tmp_path / "disk" / "images")
    os.chown(tmp_path / "link", STRANGER, STRANGER, follow_symlinks=False)
    with pytest.raises(place.Distrusted):
        place.output(str(tmp_path / "link" / "images"), str(project), make=True)


@root
def test_what_is_exchanged_meanwhile_does_not_count(tmp_path, keys):
    """A folder is held from the moment when it was looked at: a link that takes its place leads nowhere."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("mine")
    images = tmp_path / "out" / "images"
    with place.output(str(images), str(tmp_path), make=True) as folder, folder.own("work") as work:
        (images / "work").rename(images / "aside")
        (images / "work").symlink_to(precious)
        work.write("x", b"1")
        work.remove("file")
        images.rename(tmp_path / "away")
        images.symlink_to(precious)
        work.write("y", b"1")
        folder.inner("new", make=True)
    assert tree(precious) == {"file": b"mine"}
    assert {"x", "y"} <= set(os.listdir(tmp_path / "away" / "aside"))


@root
def test_deep_folders_are_removed(tmp_path, keys):
    with place.output(str(tmp_path / "images"), str(tmp_path), make=True) as folder, folder.own("work") as work:
        code = "import os\nfor _ in range(3000):\n    os.mkdir('d'); os.chdir('d')"
        os.mkdir("deep", dir_fd=work.number)
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "images" / "work" / "deep", check=True)
        work.remove("deep")
        assert work.names() == [place.MARK]


# ---- what counts as an image


@pytest.fixture
def store(tmp_path, keys):
    """An output folder with one image, as the builder leaves it."""
    with place.output(str(tmp_path / "images"), str(tmp_path), make=True) as images, images.own("work") as work:
        yield made(known.Store(images, work, remember=True))


def made(store: known.Store, name: str = NAME, **more: object) -> known.Store:
    assert store.images and store.work
    store.images.write(f"{name}.qcow2", b"an image")
    with store.images.file(f"{name}.qcow2") as number:
        status, sha = os.fstat(number), known.digest(number)
    described = {"name": name, "files": {"qcow2": {"size": status.st_size, "sha256": sha}}, "steps": [], **more}
    store.images.write(f"{name}.json", known.dumped(described))
    record = {"description": described, "sha256": known.sha256(known.dumped(described)), "inodes": [status.st_ino]}
    store.work.write(f"{name}.known.json", known.dumped(record | {"files": {"qcow2": known.identity(status)}}))
    return store


DEEP = "[" * 200_000
BROKEN = {
    "empty": b"",
    "no json": b"\x00\xff",
    "a list": b"[]",
    "deep": DEEP.encode(),
    "deep in a field": b'{"files": ' + DEEP.encode(),
    "huge": b" " * (place.LARGEST + 1),
    "another": json.dumps({"name": NAME, "files": {"qcow2": {"size": 0, "sha256": known.sha256(b"")}}}).encode(),
}


@root
def test_an_image_is_there(store):
    assert store.fault(NAME, ["qcow2"]) == ""
    assert store.fault(NAME, ["qcow2", "raw"]) == "there is no raw of it"
    assert store.fault("other-000000000000", ["qcow2"]) == "there is none"


@root
@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("known_before", [True, False])
def test_a_description_that_bpc_did_not_write(case, known_before, store):
    assert store.images and store.work
    store.images.write(f"{NAME}.json", BROKEN[case])
    if not known_before:
        store.work.remove(f"{NAME}.known.json")
        store.images.write(f"{NAME}.qcow2", b"")
    reason = store.fault(NAME, ["qcow2"])
    assert reason in (f"{NAME}.json was not written by bpc on this machine", f"{NAME}.json is not there"), reason


@root
@pytest.mark.parametrize("case", BROKEN)
def test_a_record_that_is_broken_is_none(case, store):
    assert store.work
    for name in (f"{NAME}.known.json", "tiers.json", "b.tree.json"):
        store.work.write(name, BROKEN[case] if case != "another" else b"1")
    assert store.fault(NAME, ["qcow2"]) != ""
    assert store.base("b") is None
    assert store.earlier("x") is None


@root
def test_a_file_that_is_another(store, tmp_path):
    image = tmp_path / "images" / f"{NAME}.qcow2"
    image.write_bytes(b"another!")
    assert (
        store.fault(NAME, ["qcow2"]) == f"{NAME}.qcow2 was not written by bpc on this machine: its checksum is another"
    )
    image.write_bytes(b"")
    assert "it has 0 bytes, not 8" in store.fault(NAME, ["qcow2"])
    image.unlink()
    assert store.fault(NAME, ["qcow2"]) == f"{NAME}.qcow2 is not there"
    image.symlink_to("/etc/hostname")
    assert "it is not a file that can be read" in store.fault(NAME, ["qcow2"])
    image.unlink()
    os.mkfifo(image)
    assert "it is not a file that can be read" in store.fault(NAME, ["qcow2"])
    assert not store.is_ours(NAME, f"{NAME}.qcow2")


@root
def test_a_checksum_is_computed_once(store, tmp_path, monkeypatch):
    """A copy of an image has another inode: its checksum is computed, and remembered with size, time and inode."""
    image = tmp_path / "images" / f"{NAME}.qcow2"
    image.rename(tmp_path / "aside")
    shutil.copy(tmp_path / "aside", image)
    computed = []
    digest = known.digest
    monkeypatch.setattr(known, "digest", lambda number: computed.append(number) or digest(number))
    assert [store.fault(NAME, ["qcow2"]) for _ in range(3)] == [""] * 3
    assert len(computed) == 1
    os.utime(image)
    assert store.fault(NAME, ["qcow2"]) == ""
    assert len(computed) == 2


# ---- why


def jobs(folder: Path, store: known.Store, environment: str = "", **wanted: object):
    result = compiled(folder / "solution.bp", targets=(), images=("mkosi",), environment=environment)
    assert result.solution is not None, result.diagnostics
    return plan(result.solution, store, Wanted(**wanted))  # type: ignore[arg-type]


@root
def test_reasons(project, store):
    """A file that is gone is no step that is gone, and another environment's image is not compared with."""
    assert store.images and store.work
    [base, tier] = jobs(project, store)
    assert (base.why, tier.why) == ("images need it, and it is not there", "there is none")
    steps = [{"place": "x", "digest": "1"}]
    made(store, tier.name, steps=steps, base=base.name.removesuffix(".tree"))
    store.use({"s/other/a": tier.name})
    assert [job.why for job in jobs(project, store)] == ["", ""]
    os.unlink(f"{tier.name}.qcow2", dir_fd=store.images.number)
    assert jobs(project, store)[1].why == f"{tier.name}.qcow2 is not there"
    text = (project / "solution.bp").read_text().replace('text = "true"', 'text = "false"')
    (project / "solution.bp").write_text(text)
    assert jobs(project, store)[1].why == "there is none", "no image was made for this environment"
    store.use({"s//a": tier.name})
    assert jobs(project, store)[1].why == f"solution.bp:4 changed since {tier.name}"
    (project / "solution.bp").write_text(text.replace('  run "x" { text = "false" }\n', '  packages = ["rsync"]\n'))
    assert jobs(project, store)[1].why == f"solution.bp:4 changed since {tier.name}"


@root
def test_rebuild_and_the_age_of_a_base(project, store):
    assert store.work
    [base, tier] = jobs(project, store)
    name = base.name.removesuffix(".tree")
    made(store, tier.name, base=name)
    store.work.inner(base.name, make=True)
    store.work.write(f"{base.name}.json", known.dumped({"made": 1_000_000}))
    now = 1_000_000 + 12 * 86400.0
    [base, tier] = jobs(project, store, now=now)
    assert (base.why, base.note, tier.why) == ("", "made 12 days ago, with the packages of then", "")
    [base, tier] = jobs(project, store, now=now, rebuild=True)
    assert (base.why, tier.why) == ("--rebuild", "--rebuild")
    assert [job.why for job in jobs(project, store, now=now, rebuild=True, tiers=("b",))] == []


# ---- the confined program itself: tests/boots has real builds


def confined_run(*command: str, network: bool = False) -> subprocess.CompletedProcess[str]:
    import contextlib

    with contextlib.ExitStack() as stack:
        room = confined.Room(stack, network=network)
        room.command = list(command)
        process = room.start()
        return subprocess.CompletedProcess(command, 0, process.communicate()[0].decode(), process.returncode)


@root
def test_this_machine_confines():
    assert confined.unable() == ""


@root
def test_not_confined_is_refused(project, monkeypatch, capsys, keys):
    """Where a step towards confinement fails, nothing is built, whatever step it is."""
    from bpc.cli.main import main

    monkeypatch.chdir(project)
    for broken in ("NEW_USER", "NEW_PID", "NEW_MOUNTS"):
        source = Path(confine.__file__).read_text().replace(f"{broken}, ", f"{broken}_, ").replace(f"{broken} |", "1 |")
        (project / "confine.py").write_text(f"{broken} = 1\n" + source.replace(f"unshare({broken})", "unshare(1)"))
        monkeypatch.setattr(confined.confine, "__file__", str(project / "confine.py"))
        assert main(["build"]) == 1
        said = capsys.readouterr().err
        assert "[BPC505]" in said
        assert "builds nothing unconfined" in said
        assert not list((project / "out" / "images").glob("t-*"))


@root
def test_nothing_of_ours_is_handed_over(monkeypatch):
    monkeypatch.setenv("SECRET_OF_OURS", "x")
    done = confined_run("/bin/sh", "-c", "env; cat /proc/1/environ; ls /proc/self/fd")
    assert "SECRET_OF_OURS" not in done.stdout
    assert done.stdout.splitlines()[-4:] == ["0", "1", "2", "3"], "the last is that of ls itself"


@root
def test_only_its_own_processes_and_nothing_survives():
    done = confined_run("/bin/bash", "-c", "(exec -a left-by-a-step sleep 300) & ls /proc | grep -c '^[0-9]'")
    assert int(done.stdout) < 8
    told = subprocess.run(["ps", "ax", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert "left-by-a-step" not in told


@root
def test_a_terminal_gets_no_control_characters():
    text = "\x1b]0;title\x07a\x1b[31mb\x1b[0m\rc\x08\x9bd\u202ee\n\tf"
    log = Log("x", io.BytesIO(), ["ab"])
    pipe = io.BufferedReader(io.BytesIO(text.encode()))  # type: ignore[arg-type]
    log.follow(pipe).join()
    assert log.text == "abcde\n\tf"
    assert not CONTROL.search(log.text)


@root
def test_a_log_is_bounded(monkeypatch):
    monkeypatch.setattr("bpc.imaging.log.LARGEST", 1000)
    monkeypatch.setattr("bpc.imaging.log.REMEMBERED", 100)
    file = io.BytesIO()
    log = Log("x", file, ["mark"])
    log.follow(io.BufferedReader(io.BytesIO(b"x" * 100_000 + b"mark" + b"y" * 100_000))).join()  # type: ignore[arg-type]
    assert len(file.getvalue()) == 1000
    assert len(log.end) == 100
    assert log.seen == ["mark"]
