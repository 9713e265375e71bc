"""`bpc build`: the images of a solution, made by mkosi; only those that are not there yet."""

from __future__ import annotations

import os
import sys
import time

from bpc import Usage, api
from bpc.cli.main import settings
from bpc.quoting import lines, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from bpc.driver import Result
    from bpc.imaging.plan import Job

FORMATS = ("qcow2", "raw")


def run(options: argparse.Namespace) -> int:
    from bpc.imaging import tools

    if options.get_mkosi:
        tools.get(say=say)
        return 0
    chosen = settings(options)
    result = api.compile(options.blueprint, targets=(), images=("mkosi",), environment=options.env, settings=chosen)
    if result.diagnostics:
        from bpc.cli.show import show

        show(result.diagnostics, options.format)
    if not result.ok:
        return 1
    from bpc.imaging.plan import plan

    assert result.solution is not None
    formats = tuple(options.image_format or FORMATS[:1])
    folder = os.path.join(options.output, "images")
    jobs = plan(result.solution, folder, options.tier, formats)
    if options.explain:
        explain(jobs)
        return 0
    if not any(job.why for job in jobs):
        say(f"nothing to build: {len([job for job in jobs if job.needs])} images are there, in {folder}")
        return 0
    return build(options, result, jobs, folder, formats)


def build(options: argparse.Namespace, result: Result, jobs: list[Job], folder: str, formats: tuple[str, ...]) -> int:
    from bpc.cli.show import show
    from bpc.imaging import builder, room, tools

    found = tools.find()
    os.umask(0o022)  # the modes of the specs' folders become those of the image's
    started = time.monotonic()
    assert result.solution is not None
    try:
        with builder.locked(folder):
            needed = [job for job in jobs if job.why]
            room.check_room(folder, needed)
            specs = api.write(result, options.output)["mkosi"]
            order = builder.Order(folder=folder, specs=specs, formats=formats, span=result.solution.span)
            wrong = builder.build(order, jobs, found, say)
    except OSError as error:
        raise Usage(f"cannot build in {folder}: {(error.strerror or str(error)).lower()}") from None
    if wrong:
        show(wrong, options.format)
        return 1
    images = [job for job in jobs if job.needs]
    new = sum(bool(job.why) for job in images)
    say(f"{new} of {len(images)} images built in {time.monotonic() - started:.1f} s, in {folder}")
    return 0


def explain(jobs: list[Job]) -> None:
    """Why each image must or need not be built."""
    for job in jobs:
        print(visible(f"{job.name} ({job.title}): {f'must be built: {job.why}' if job.why else 'need not be built'}"))


def say(line: str) -> None:
    print(lines(line), file=sys.stderr, flush=True)
