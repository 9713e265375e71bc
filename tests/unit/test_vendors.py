"""What `bpc build` says of a vendor's repository: by apt's words in the builder's log, and by the hosts of this machine's own apt."""

from __future__ import annotations

import pytest
from test_builder_messages import SOURCE, diagnosed

from bpc.diagnostics.build import BadSignature, BuildFailed, NoPackage
from bpc.imaging import vendors
from bpc.imaging.plan import Job
from bpc.imaging.tools import Source
from bpc.model.steps import Repository
from bpc.record import replace
from bpc.source import Span

URL = "http://127.0.0.1:8080/vendor"
PLACE = Span(SOURCE, 12, 18)
STEP = Repository(
    name="vendor",
    url=URL,
    suite="stable",
    components=("main",),
    key=b"",
    fingerprints=("46095ACC8548582C1A2699A9D27D666CD88E42B4",),
    source="vendor.asc",
    priority=100,
    kind="software",
    span=PLACE,
)
SAYINGS = {
    "sqv": f"W: OpenPGP signature verification failed: {URL} stable InRelease: Sub-process /usr/bin/sqv returned an error code (1), "
    "error message is: Missing key 0123, which is needed to verify signature.\n",
    "gpgv": f"W: GPG error: {URL} stable InRelease: The following signatures couldn't be verified because the public key is not "
    "available: NO_PUBKEY 0123456789ABCDEF\n",
    "none": f"E: The repository '{URL} stable Release' is not signed.\n",
}


@pytest.mark.parametrize("by", SAYINGS)
def test_a_wrong_signature_is_told_at_the_repository(by):
    found = diagnosed(f"Hit:1 http://mirror bookworm InRelease\n{SAYINGS[by]}E: Failed to fetch {URL}\n", STEP)
    assert isinstance(found, BadSignature)
    assert found.span == PLACE
    assert found.text.startswith(
        'repository "vendor" is not signed by its key, 46095ACC8548582C1A2699A9D27D666CD88E42B4'
    )
    assert SAYINGS[by].strip() in found.text


@pytest.mark.parametrize("other", ["http://127.0.0.1:8080/vendor2", "http://127.0.0.1/vendor"])
def test_the_signature_of_another_repository_is_not_meant(other):
    assert not isinstance(diagnosed(SAYINGS["gpgv"].replace(URL, other), STEP), BadSignature)


def test_what_a_step_prints_is_not_apts_word():
    said = f"bpc-step: images.bp:9\n{SAYINGS['none']}"
    assert not isinstance(diagnosed(said, STEP), BadSignature | NoPackage)


def test_a_repository_that_cannot_be_reached():
    fetched = Job(name="web", title="web", needs="", why="it is new", steps=(STEP,), network=True)
    assert vendors.about(STEP, [f"E: Failed to fetch {URL}/dists/stable/InRelease  Connection refused"])
    assert vendors.of_job(fetched) == [STEP]
    found = diagnosed(f"E: Failed to fetch {URL}/dists/stable/InRelease  Could not connect\n", STEP, network=True)
    assert isinstance(found, BuildFailed)
    assert found.span == PLACE


@pytest.mark.parametrize(
    ("uri", "priority", "told"),
    [
        ("http://127.0.0.1:3142/debian", 100, True),
        ("https://user:word@127.0.0.1/debian", 499, True),
        ("http://127.0.0.1/debian", 500, False),
        ("http://127.0.0.10/debian", 100, False),
        ("file:/srv/debian", 100, False),
    ],
)
def test_a_host_that_the_release_comes_from_too(uri, priority, told, monkeypatch):
    sources = [Source(uri=uri, suite="bookworm", components="main")]
    monkeypatch.setattr(vendors, "host_sources", lambda: sources)
    job = Job(name="web", title="web", needs="", why="new", steps=(replace(STEP, priority=priority),), network=True)
    assert [(d.code, d.span) for d in vendors.mixed(job)] == ([("BPC514", PLACE)] if told else [])
