"""Runs mkosi for each job, as many at once as the machine can handle, and puts whole results under their final names."""

from __future__ import annotations

import concurrent.futures
import contextlib
import fcntl
import os
import re
import signal
import subprocess
import threading
import time

from bpc.diagnostics.build import BuildFailed, NoAccount, NoPackage, NotConfined, NoVersion, StepFailed
from bpc.digest import sha256
from bpc.errors import UsageError
from bpc.files import write_folder
from bpc.imaging import capacity, vendors
from bpc.imaging.confine import ACCOUNTS, MARK, UNABLE
from bpc.imaging.confined import Room
from bpc.imaging.known import FORMAT, Store, digest, dumped, identity, parsed
from bpc.imaging.log import CONTROL, Log
from bpc.imaging.place import MARK as MARK_FILE
from bpc.imaging.place import Distrusted, output
from bpc.imaging.plan import inputs
from bpc.imaging.tree import of_steps, small, taken, tree_of
from bpc.model.steps import File, Packages, Run, Service
from bpc.provision.chroot_script import MARK as STEP
from bpc.record import Record
from bpc.source import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from bpc.diagnostics.base import Diagnostic
    from bpc.imaging.place import Folder
    from bpc.imaging.plan import Job
    from bpc.imaging.tools import Tools
    from bpc.model.steps import Step
    from bpc.source import Span

    Say = Callable[[str], None]

LOCK = ".lock"
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
NETWORK = re.compile(
    MIRROR.pattern + r"|[Nn]ame or service not known|[Nn]ame resolution|[Nn]etwork is unreachable|No address associated"
)
NO_SPACE = "No space left on device"
PARTITION = re.compile(r"Could not allocate (block|inode) in ext2 filesystem")
PACKAGE = re.compile(
    r"Unable to locate package (\S+)|Package '?(\S+?)'? has no installation candidate|Version '\S+' for '(\S+)'"
)


class Order(Record):
    """What is to be built where. `specs` are the files of the mkosi target, which are written where only root can change them."""

    images: Folder
    work: Folder
    logs: Folder
    store: Store
    formats: tuple[str, ...]
    span: Span


class Failed(Exception):
    """One job's end, as a diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.text)
        self.diagnostic = diagnostic


@contextlib.contextmanager
def locked(folder: str, project: str, formats: tuple[str, ...], span: Span) -> Iterator[Order]:
    """One build at a time in a folder. Raises `UsageError` where there is another, `Distrusted` where a folder is somebody else's.

    What a killed one left is removed.
    """
    with contextlib.ExitStack() as stack:
        images = stack.enter_context(output(folder, project, make=True))
        work = stack.enter_context(images.own("work", mode=0o700))
        logs = stack.enter_context(images.own("logs"))
        number = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=work.number)
        lock = stack.enter_context(open(number, "r+", encoding="utf-8"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"another build runs in {folder} (process {lock.read().strip()}): wait for it") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _tidy(work)
        store = Store(images, work, remember=True)
        yield Order(images=images, work=work, logs=logs, store=store, formats=formats, span=span)


def _tidy(work: Folder) -> None:
    names = set(work.names())
    for name in names - {MARK_FILE, LOCK, "tiers.json"}:
        whole = name.endswith((".tree.json", ".known.json")) or (name.endswith(".tree") and f"{name}.json" in names)
        if not whole:
            work.remove(name)


def write_specs(order: Order, files: Mapping[str, str | bytes]) -> None:
    """The specs, where only root can change them between here and the builder."""
    write_folder(os.path.join(order.work.reach, "specs"), files)


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
    slots = [str(number) for number in range(capacity.at_once(len(jobs)))]
    memory = capacity.workspace_memory(len(slots))
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
    for mixed in vendors.mixed(job):
        raise Failed(mixed)
    started = time.monotonic()
    say(f"{job.name}: started ({job.title}; {job.why})")
    with contextlib.ExitStack() as stack:
        run = stack.enter_context(_room(order, f"run-{slot}"))
        number = order.logs.create(f"{job.name}.log")
        file = stack.enter_context(open(number, "wb", buffering=0))
        log = Log(order.logs.where(f"{job.name}.log"), file, [mark for mark, _ in STAGES])
        code = _run(order, job, tools, run, memory, log, lambda *now: _tell(job, started, say, *now), runs)
        if runs.ending:
            return
        if code == 0:
            _finish(order, job, run, tools, started, say, log)
            return
    if MARK in log.text and code == UNABLE:
        raise Failed(NotConfined(span=order.span, reason=log.text.partition(MARK)[2].partition("\n")[0]))
    if memory and NO_SPACE in log.text and capacity.has_room(order.images.reach, [job]):
        say(f"{job.name}: too large for {memory / 2**30:.1f} GiB of memory: once more, on the disk")
        one(order, job, tools, say, runs, slot, memory=0)
    else:
        raise Failed(why_failed(order, job, log))


@contextlib.contextmanager
def _room(order: Order, name: str) -> Iterator[Folder]:
    """A fresh folder for one run, with what the confined builder may write into."""
    order.work.remove(name)
    with order.work.inner(name, make=True, mode=0o700) as run:
        for inner in ("out", "packages", "workspace", "tmp"):
            os.mkdir(inner, 0o755, dir_fd=run.number)
            os.chown(inner, ACCOUNTS, ACCOUNTS, dir_fd=run.number)
        try:
            yield run
        finally:
            order.work.remove(name)


def _run(
    order: Order, job: Job, tools: Tools, run: Folder, memory: int, log: Log, tell: Callable[..., None], runs: Runs
) -> int:
    """mkosi, confined, until it ends; its exit code."""
    with contextlib.ExitStack() as stack:
        room = Room(stack, network=job.network)
        room.show("/bpc/out", run, "out", write=True)
        room.show("/bpc/packages", run, "packages", write=True)
        room.show("/var/tmp", run, "tmp", write=True)
        if memory:
            room.memory["/bpc/workspace"] = memory
        else:
            room.show("/bpc/workspace", run, "workspace", write=True)
        room.show_path("/bpc/spec", os.path.join(order.work.reach, "specs", job.name))
        if job.needs:
            room.show(f"/bpc/out/{job.needs}", order.work, job.needs)
        room.command = tools.mkosi(room, os.path.join(order.work.reach, "specs", job.name), run)
        process = room.start()
        runs.processes.add(process)
        assert process.stdout is not None
        thread = log.follow(process.stdout)
        try:
            _follow(process, log, tell)
        finally:
            if process.poll() is not None:
                runs.processes.discard(process)
        thread.join()
        return process.returncode


def _follow(process: subprocess.Popen[bytes], log: Log, tell: Callable[..., None]) -> None:
    """Tells each stage once, until the builder ends."""
    told = 0
    while process.returncode is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
        for mark in log.seen[told:]:
            tell(mark, _size(process.pid))
            told += 1


def _tell(job: Job, started: float, say: Say, mark: str, size: int) -> None:
    say(f"{job.name}: {dict(STAGES)[mark]} ({time.monotonic() - started:.0f} s, {size / 1e6:.0f} MB)")


def _size(keeper: int) -> int:
    """Bytes that a confined builder's files take; it is the keeper's only child."""
    try:
        with open(f"/proc/{keeper}/task/{keeper}/children", encoding="ascii") as file:
            [inner] = file.read().split()
        command = ["du", "-s", "-x", "-B1", f"/proc/{inner}/root/bpc/workspace"]
        return int(subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()[0])
    except (OSError, ValueError, IndexError):  # it has just ended
        return 0


def _finish(order: Order, job: Job, run: Folder, tools: Tools, started: float, say: Say, log: Log) -> None:
    """The result under its final name. What is in `run` was made by steps: it is read as a stranger's."""
    made: dict[str, Any] = {"format": FORMAT, "name": job.name, "made": int(time.time()), "steps": inputs(job.steps)}
    with run.inner_of("out", ACCOUNTS) as out:
        made["packages"] = _manifest(out.read(f"{job.name}.manifest", 64 * 2**20))
        if job.needs:
            sizes = _place(order, job, out, tools, made, log)
        else:
            _keep(order, job, out, made)
            sizes = ""
    say(f"{job.name}: done in {time.monotonic() - started:.1f} s{sizes}")


def _keep(order: Order, job: Job, out: Folder, made: dict[str, Any]) -> None:
    """A base, for the images over it; its description comes last."""
    order.work.remove(f"{job.name}.json")
    order.work.remove(job.name)
    os.rename(job.name, job.name, src_dir_fd=out.number, dst_dir_fd=order.work.number)
    order.work.write(f"{job.name}.json", dumped(made))


def _place(order: Order, job: Job, out: Folder, tools: Tools, made: dict[str, Any], log: Log) -> str:
    """An image's files and then its description; what is known of them is written down before they stand there."""
    base = order.store.base(job.needs.removesuffix(".tree")) or {"packages": []}
    names = {entry["name"] for entry in made["packages"]}
    made["packages"] += [entry for entry in base["packages"] if entry["name"] not in names]
    made["packages"].sort(key=lambda entry: str(entry["name"]))
    earlier = order.store.recall(job.name) or {"inodes": [], "description": {}}
    files: dict[str, dict[str, Any]] = {}
    statuses = {}
    for form in dict.fromkeys((*order.formats, *earlier["description"].get("files", {}))):
        try:
            with out.file(f"{job.name}.raw") as raw:
                statuses[form], sha = _converted(order, job, raw, tools, form)
        except (subprocess.CalledProcessError, OSError) as error:
            output = getattr(error, "stderr", None) or str(error).encode()
            reason, said = f"no {form}", CONTROL.sub("", output.decode(errors="replace"))
            found = BuildFailed(span=order.span, image=job.name, reason=reason, output=said, log=log.path)
            raise Failed(found) from None
        files[form] = {"size": statuses[form].st_size, "sha256": sha}
    made |= {"base": job.needs.removesuffix(".tree"), "files": files}
    order.work.write("description", dumped(made))
    inode = os.stat("description", dir_fd=order.work.number).st_ino
    known = {
        "description": made,
        "tree": taken(log.text)[0],
        "sha256": sha256(dumped(made)),
        "files": {form: identity(status) for form, status in statuses.items()},
        "inodes": sorted({*earlier["inodes"][-8:], inode, *(status.st_ino for status in statuses.values())}),
    }
    check_places(order, job, files)
    order.work.write(f"{job.name}.known.json", dumped(known))
    for source, target in (
        *((f"new.{form}", f"{job.name}.{form}") for form in files),
        ("description", f"{job.name}.json"),
    ):
        os.rename(
            source.replace("new", f"new-{job.name}"),
            target,
            src_dir_fd=order.work.number,
            dst_dir_fd=order.images.number,
        )
    sizes = ", ".join(f"{form} {entry['size'] / 1e6:.0f} MB" for form, entry in files.items())
    return f" ({sizes})"


def check_places(order: Order, job: Job, formats: Iterable[str]) -> None:
    """Raises `Distrusted` where something that bpc has not made stands where an image's files go."""
    for end in (*formats, "json"):
        if not order.store.is_ours(job.name, f"{job.name}.{end}"):
            raise Distrusted(order.images.where(f"{job.name}.{end}"), "was not made by bpc: move it away")


def _converted(order: Order, job: Job, raw: int, tools: Tools, form: str) -> tuple[os.stat_result, str]:
    """A file of an image in `work`, with its checksum."""
    name = f"new-{job.name}.{form}"
    number = order.work.create(name)
    try:
        tools.convert(raw, number, form)
        os.fsync(number)
        status = os.fstat(number)
        with open(name, "rb", opener=lambda path, flags: os.open(path, flags, dir_fd=order.work.number)) as file:
            return status, digest(file.fileno())
    finally:
        os.close(number)


def _manifest(text: bytes | None) -> list[dict[str, str]]:
    """What a job added to its base; mkosi writes none where that is nothing."""
    listed = (parsed(text) or {}).get("packages")
    keys = ("name", "version", "architecture")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return [{key: str(entry[key]) for key in keys if key in entry} for entry in entries if "name" in entry]


# ---- what went wrong


def why_failed(order: Order, job: Job, log: Log) -> Diagnostic:
    """The diagnostic of a failed job: at the package's line, at the step's line, or of the whole."""
    told, text = taken(log.text)
    if PARTITION.search(text):
        return _partition(order, job, told, text, log)
    if NO_SPACE in text:
        return BuildFailed(span=order.span, image=job.name, reason="the disk is full", output=_end(text), log=log.path)
    unsigned = next(vendors.refused(job, text.partition(STEP)[0]), None)
    if unsigned is not None:
        return unsigned
    fetching = [line for line in text.partition(STEP)[0].splitlines() if MIRROR.search(line)]
    if fetching and job.network:  # apt goes on with what it has, and then misses packages
        reason = "packages cannot be fetched"
        blamed = next((step.span for step in vendors.of_job(job) if vendors.about(step, fetching)), order.span)
        return BuildFailed(span=blamed, image=job.name, reason=reason, output=_end("\n".join(fetching)), log=log.path)
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
    _, mark, after = text.rpartition(STEP)
    if mark:
        place, _, output = after.partition("\n")
        for step in job.steps:
            if where(step.span) == place.strip():
                return _absent(job, step, told) or StepFailed(
                    span=step.span, image=job.name, output=_end(output), log=log.path, hint=_network(step, output)
                )
    return BuildFailed(span=order.span, image=job.name, reason="the builder failed", output=_end(text), log=log.path)


def _absent(job: Job, step: Step, told: dict[str, list[str]]) -> Diagnostic | None:
    """What a step that failed has looked for in vain: a service, or a file's owner or group."""
    tree = tree_of(told) if isinstance(step, Service | File) else None
    found = [] if tree is None else list(of_steps((step,), job.name, tree))
    return next((wrong for wrong in found if isinstance(wrong, NoAccount) is isinstance(step, File)), None)


def _partition(order: Order, job: Job, told: dict[str, list[str]], text: str, log: Log) -> Diagnostic:
    """The image has more in it than its partition holds, whose size is that of the smallest disk, or the largest that there is."""
    tree, least = tree_of(told), min(job.groups, key=lambda group: group.machine.disk, default=None)
    need = int((tree.bytes if tree else 0) * 1.15) + 16 * 2**20  # the file system's own part, and the disk's
    if least is not None and least.machine.disk < need:
        return small(least, job.name, need, f"write `disk = {-(-need // 2**30)}GiB`")
    reason = "what is in it takes more than the 3 GiB that an image has at most"
    return BuildFailed(span=order.span, image=job.name, reason=reason, output=_end(text), log=log.path)


def _end(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-12:])


def _network(step: Step, output: str) -> str:
    """A hint where a step has looked for a network in vain."""
    if isinstance(step, Run) and not step.network and NETWORK.search(output):
        return "the step has no network while the image is built: `network = true` gives it one"
    return ""
