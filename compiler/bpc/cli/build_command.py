"""`bpc build`: the images of a solution, made by mkosi; only those that are not there yet."""

from __future__ import annotations

import contextlib
import os
import sys
import time

from bpc import UsageError, api
from bpc.cli.main import settings
from bpc.cli.show import show
from bpc.diagnostics.build import NotConfined, NotOurs
from bpc.imaging.confined import unable
from bpc.imaging.known import Store
from bpc.imaging.place import Distrusted, output
from bpc.imaging.plan import Wanted, plan
from bpc.quoting import lines, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bpc.diagnostics.base import Diagnostic
    from bpc.driver import Result

FORMATS = ("qcow2", "raw")


def run(options: argparse.Namespace) -> int:
    if options.get_mkosi:
        from bpc.imaging import tools

        tools.get(say=say)
        return 0
    chosen = settings(options)
    result = api.compile(options.blueprint, targets=(), images=("mkosi",), environment=options.env, settings=chosen)
    if result.diagnostics:
        show(result.diagnostics, options.format)
    if not result.ok:
        return 1
    assert result.solution is not None
    wanted = Wanted(
        tiers=tuple(options.tier),
        formats=tuple(options.image_format or FORMATS[:1]),
        rebuild=options.rebuild,
        now=time.time(),
    )
    try:
        wrong = (explain if options.explain else build)(options, result, wanted)
    except Distrusted as refused:
        wrong = [NotOurs(span=result.solution.span, path=refused.path, reason=refused.reason)]
    except OSError as error:
        raise UsageError(f"cannot build in {options.output}: {(error.strerror or str(error)).lower()}") from None
    if wrong:
        show(wrong, options.format)
    return 1 if wrong else 0


def build(options: argparse.Namespace, result: Result, wanted: Wanted) -> Sequence[Diagnostic]:
    """Builds what must be built; what went wrong."""
    from bpc.imaging import builder, capacity, tools
    from bpc.imaging.tree import judged

    folder, solution = os.path.join(options.output, "images"), result.solution
    assert solution is not None
    os.umask(0o022)  # the modes of the specs' folders become those of the image's
    started = time.monotonic()
    tools.check_root()
    with builder.locked(folder, os.path.dirname(options.blueprint) or ".", wanted.formats, solution.span) as order:
        jobs = plan(solution, order.store, wanted)
        needed, images = [job for job in jobs if job.why], [job for job in jobs if job.needs]
        users = {user: job.name for job in images for user in job.users}
        if not needed:
            order.store.use(users)
            say(f"nothing to build: {len(images)} images are there, in {folder}")
            return judged(order.store, images, wanted.formats)
        if reason := unable():
            return [NotConfined(span=solution.span, reason=reason)]
        found = tools.find()
        capacity.check_room(folder, order.images.reach, needed)
        for job in needed:
            builder.check_places(order, job, wanted.formats if job.needs else ())
        for job in jobs:
            if job.note:
                say(f"{job.name}: {job.note} (`--rebuild` makes it anew)")
        builder.write_specs(order, result.artifacts["mkosi"].files)
        wrong = builder.build(order, jobs, found, say)
        if not wrong:
            order.store.use(users)
            new = sum(bool(job.why) for job in images)
            say(f"{new} of {len(images)} images built in {time.monotonic() - started:.1f} s, in {folder}")
            wrong = judged(order.store, images, wanted.formats)
    return wrong


def explain(options: argparse.Namespace, result: Result, wanted: Wanted) -> Sequence[Diagnostic]:
    """Why each image must or need not be built; nothing is written."""
    assert result.solution is not None
    with contextlib.ExitStack() as stack:
        jobs = plan(result.solution, _store(options, stack), wanted)
    for job in jobs:
        note = f": {job.note}" if job.note else ""
        why = f"must be built: {job.why}" if job.why else f"need not be built{note}"
        print(visible(f"{job.name} ({job.title}): {why}"))
    if os.geteuid() == 0 and any(job.why for job in jobs) and (reason := unable()):
        return [NotConfined(span=result.solution.span, reason=reason)]
    return []


def _store(options: argparse.Namespace, stack: contextlib.ExitStack) -> Store:
    """The output folder as far as it is there, and as far as we may look."""
    try:
        project = os.path.dirname(options.blueprint) or "."
        images = stack.enter_context(output(os.path.join(options.output, "images"), project, make=False))
    except FileNotFoundError:
        return Store(None, None)
    try:
        work = stack.enter_context(images.own("work", make=False)) if os.geteuid() == 0 else None
    except FileNotFoundError:
        work = None
    return Store(images, work)


def say(line: str) -> None:
    print(lines(line), file=sys.stderr, flush=True)
