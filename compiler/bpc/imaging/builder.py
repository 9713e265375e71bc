"""Runs mkosi for each job, as many at once as the machine can handle, and puts whole results under their final names."""

from __future__ import annotations

import concurrent.futures
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

from bpc import Usage
from bpc.diagnostics.build import BuildFailed, NoPackage, NoVersion, StepFailed
from bpc.firstboot.baked import MARK
from bpc.imaging import room
from bpc.imaging.plan import inputs
from bpc.model.steps import Packages
from bpc.record import Record
from bpc.source import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.imaging.plan import Job
    from bpc.imaging.tools import Tools
    from bpc.source import Span

    Say = Callable[[str], None]

STAGES = (
    ("Copying in base trees", "copying the base"),
    ("Installing", "installing packages"),
    ("Running postinstall script", "running steps"),
    ("Running finalize script", "finishing"),
    ("Creating disk", "writing the disk"),
)
MIRROR = re.compile(
    r"Could not resolve|failure resolving|Failed to fetch|Unable to connect|Connection (refused|timed out)|Could not connect"
)
NO_SPACE = "No space left on device"
PACKAGE = re.compile(
    r"Unable to locate package (\S+)|Package '?(\S+?)'? has no installation candidate|Version '\S+' for '(\S+)'"
)


class Order(Record):
    """What is to be built where. `folder` is for the results, `specs` the folder of the mkosi target."""

    folder: str
    specs: str
    formats: tuple[str, ...]
    span: Span


class Failed(Exception):
    """One job's end, as a diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.text)
        self.diagnostic = diagnostic


@contextlib.contextmanager
def locked(folder: str) -> Iterator[None]:
    """One build at a time in a folder. Raises `Usage` where there is another. What a killed one left is removed."""
    work = os.path.join(folder, "work")
    os.makedirs(work, exist_ok=True)
    with open(os.path.join(folder, ".lock"), "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Usage(f"another build runs in {folder} (process {lock.read().strip()}): wait for it") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _tidy(folder, work)
        yield


def _tidy(folder: str, work: str) -> None:
    for name in os.listdir(folder):
        if name.startswith(".part-"):
            os.remove(os.path.join(folder, name))
    for name in os.listdir(work):
        path = os.path.join(work, name)
        if name.endswith(".tree.json") or (name.endswith(".tree") and os.path.exists(f"{path}.json")):
            continue
        shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.remove(path)


def build(order: Order, jobs: Sequence[Job], tools: Tools, say: Say) -> list[Diagnostic]:
    """Runs the jobs that have a reason, bases first; what went wrong. A job whose base failed is left out."""
    found: list[Diagnostic] = []
    with Runs() as runs:
        for stage in (False, True):
            chosen = [job for job in jobs if job.why and bool(job.needs) == stage]
            if chosen and not found:
                found += _together(order, chosen, tools, say, runs)
    return found


def _together(order: Order, jobs: Sequence[Job], tools: Tools, say: Say, runs: Runs) -> list[Diagnostic]:
    slots = [str(number) for number in range(room.at_once(len(jobs)))]
    memory = room.workspace_memory(len(slots))
    free, guard = list(slots), threading.Lock()

    def work(job: Job) -> Diagnostic | None:
        with guard:
            slot = free.pop()
        try:
            one(order, job, tools, say, runs, slot, memory)
        except Failed as failed:
            return failed.diagnostic
        finally:
            with guard:
                free.append(slot)
        return None

    with concurrent.futures.ThreadPoolExecutor(len(slots)) as pool:
        try:
            return [wrong for wrong in pool.map(work, jobs) if wrong is not None]
        except BaseException:  # Ctrl-C: the pool would wait until all that runs is built
            runs.end()
            raise


class Runs:
    """The programs that run now: when the block ends, whatever the reason, none of them is left."""

    def __init__(self) -> None:
        self.processes: set[subprocess.Popen[bytes]] = set()
        self.ending = False

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Ends all of them; what is not begun yet does not begin."""
        self.ending = True
        for process in list(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in list(self.processes):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def one(order: Order, job: Job, tools: Tools, say: Say, runs: Runs, slot: str, memory: int) -> None:
    """One job, its stages told; where memory is too small for its files, once more on the disk. Raises `Failed`."""
    if runs.ending:
        return
    started = time.monotonic()
    say(f"{job.name}: started ({job.title}; {job.why})")
    work = os.path.join(os.path.abspath(order.folder), "work")
    log = os.path.join(order.folder, "logs", f"{job.name}.log")
    os.makedirs(os.path.dirname(log), exist_ok=True)
    command = tools.mkosi(os.path.join(order.specs, job.name), work, slot, memory)
    with open(log, "wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        runs.processes.add(process)
        try:
            _follow(process, log, job, started, say, f"/proc/{process.pid}/root{work}/workspace-{slot}")
        finally:
            runs.processes.discard(process) if process.poll() is not None else None
    if runs.ending:
        return
    if process.returncode and memory and NO_SPACE in _read(log) and room.has_room(order.folder, [job]):
        say(f"{job.name}: too large for {memory / 2**30:.1f} GiB of memory: once more, on the disk")
        one(order, job, tools, say, runs, slot, memory=0)
    elif process.returncode:
        raise Failed(why_failed(order, job, log))
    else:
        _finish(order, job, work, tools, started, say, log)


def _follow(process: subprocess.Popen[bytes], log: str, job: Job, started: float, say: Say, workspace: str) -> None:
    """Tells each stage once, with the time and what the image has grown to, until the builder ends."""
    told: set[str] = set()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
        text = _read(log)
        for mark, stage in STAGES:
            if mark in text and stage not in told:
                told.add(stage)
                say(f"{job.name}: {stage} ({time.monotonic() - started:.0f} s, {_size(workspace) / 1e6:.0f} MB)")
        if process.returncode is not None:
            return


def _read(log: str) -> str:
    with open(log, errors="replace", encoding="utf-8") as file:
        return file.read()


def _size(folder: str) -> int:
    """Bytes that a folder takes on the disk."""
    said = subprocess.run(["du", "-s", "-B1", folder], capture_output=True, text=True, check=False).stdout
    return int(said.split()[0]) if said else 0  # files that vanish meanwhile are told on stderr


def _finish(order: Order, job: Job, work: str, tools: Tools, started: float, say: Say, log: str) -> None:
    """The result under its final name; its description, which says that it is whole, comes last."""
    made: dict[str, Any] = {"format": 1, "name": job.name, "steps": inputs(job.steps), "packages": _manifest(work, job)}
    if not job.needs:
        _write(os.path.join(work, f"{job.name}.json"), made)
        say(f"{job.name}: done in {time.monotonic() - started:.1f} s")
        return
    with open(os.path.join(work, f"{job.needs}.json"), encoding="utf-8") as file:
        base = json.load(file)
    known = {entry["name"] for entry in made["packages"]}
    made["packages"] += [entry for entry in base["packages"] if entry["name"] not in known]
    made["packages"].sort(key=lambda entry: str(entry["name"]))
    raw = os.path.join(work, f"{job.name}.raw")
    files: dict[str, dict[str, Any]] = {}
    for form in order.formats:
        part = os.path.join(order.folder, f".part-{job.name}.{form}")
        try:
            tools.convert(raw, part, form)
        except subprocess.CalledProcessError as error:
            output = error.stderr.decode(errors="replace") if error.stderr else ""
            found = BuildFailed(
                span=order.span, image=job.name, reason=f"it could not be converted to {form}", output=output, log=log
            )
            raise Failed(found) from None
        files[form] = {"size": os.path.getsize(part), "sha256": _digest(part)}
        os.replace(part, os.path.join(order.folder, f"{job.name}.{form}"))
    for name in os.listdir(work):
        if name == job.name or (name.startswith(f"{job.name}.") and not name.startswith(job.needs)):
            os.remove(os.path.join(work, name))  # also its kernel and manifest; the base stays
    made |= {"base": job.needs.removesuffix(".tree"), "files": files}
    _write(os.path.join(order.folder, f"{job.name}.json"), made)
    sizes = ", ".join(f"{form} {entry['size'] / 1e6:.0f} MB" for form, entry in files.items())
    say(f"{job.name}: done in {time.monotonic() - started:.1f} s ({sizes})")


def _manifest(work: str, job: Job) -> list[dict[str, str]]:
    """What a job added to its base; mkosi writes none where that is nothing."""
    try:
        with open(os.path.join(work, f"{job.name}.manifest"), encoding="utf-8") as file:
            found = json.load(file)["packages"]
    except FileNotFoundError:
        return []
    return [{key: str(entry[key]) for key in ("name", "version", "architecture") if key in entry} for entry in found]


def _write(path: str, content: dict[str, Any]) -> None:
    part = f"{path}.part"
    with open(part, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def _digest(path: str) -> str:
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---- what went wrong


def why_failed(order: Order, job: Job, log: str) -> Diagnostic:
    """The diagnostic of a failed job: at the package's line, at the step's line, or of the whole."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", _read(log))
    if NO_SPACE in text:
        return BuildFailed(span=order.span, image=job.name, reason="the disk is full", output=_end(text), log=log)
    fetching = [line for line in text.partition(MARK)[0].splitlines() if MIRROR.search(line)]
    if fetching:  # apt goes on with what it has, and then misses packages
        reason = "packages cannot be fetched"
        return BuildFailed(span=order.span, image=job.name, reason=reason, output=_end("\n".join(fetching)), log=log)
    missing = PACKAGE.search(text)
    if missing:
        name = next(group for group in missing.groups() if group)
        for step in job.steps:
            if isinstance(step, Packages) and any(known.partition("=")[0] == name for known in step.names):
                pinned = next((known for known in step.names if known.startswith(f"{name}=")), "")
                if pinned and missing[3]:  # apt knows the package
                    version = pinned.partition("=")[2]
                    return NoVersion(span=step.span, name=name, version=version, image=job.name)
                return NoPackage(span=step.span, name=name, image=job.name)
    _, mark, after = text.rpartition(MARK)
    if mark:
        place, _, output = after.partition("\n")
        for step in job.steps:
            if where(step.span) == place.strip():
                return StepFailed(span=step.span, image=job.name, output=_end(output), log=log)
    return BuildFailed(span=order.span, image=job.name, reason="the builder failed", output=_end(text), log=log)


def _end(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-12:])
