"""Repositories of vendors in a build: which of them failed, and whether apt can keep their packages below the release's."""

from __future__ import annotations

import re

from bpc.diagnostics.build import BadSignature, HostOfRelease
from bpc.imaging.tools import host_sources
from bpc.provision import repositories

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bpc.diagnostics.base import Diagnostic
    from bpc.imaging.plan import Job
    from bpc.model.steps import Repository

UNSIGNED = re.compile(r"is (?:not|no longer) signed|GPG error|signature verification failed|NO_PUBKEY|EXPKEYSIG|BADSIG")

HOST = re.compile(r"[a-z+]+://(?:[^/@]*@)?([^/:]+)")


def of_job(job: Job) -> list[Repository]:
    """Those that apt asks while a job runs: an image's packages may come from its base's too."""
    base = () if job.image is None or job.image.base is None else job.image.base.steps
    return repositories.of_steps((*base, *job.steps))


def refused(job: Job, text: str) -> Iterator[Diagnostic]:
    """The repositories whose signature was not of their keys, by the log."""
    for step in of_job(job):
        lines = [line for line in about(step, text.splitlines()) if UNSIGNED.search(line)]
        if lines:
            yield BadSignature(
                span=step.span,
                name=step.name,
                image=job.name,
                keys=", ".join(step.fingerprints),
                output="\n".join(lines[-5:]),
            )


def about(step: Repository, lines: Iterable[str]) -> list[str]:
    """The lines that are about a repository."""
    url = step.url.rstrip("/")
    return [line for line in lines if re.search(rf"{re.escape(url)}(?![A-Za-z0-9.:_-])", line)]


def mixed(job: Job) -> Iterator[Diagnostic]:
    """The repositories that are on a host from which the release's packages come too."""
    found = [step for step in of_job(job) if step.priority < repositories.RELEASE]
    told = [HOST.match(source.uri) for source in (host_sources() if found else ())]
    hosts = {match[1].lower() for match in told if match}
    for step in found:
        if repositories.host(step).lower() in hosts:
            yield HostOfRelease(span=step.span, name=step.name, host=repositories.host(step))
