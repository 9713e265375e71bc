"""A machine whose service runs and whose health path gives 500: the creation fails, and the events say so.

The guests of the cloud do not run: the real runner asks a real server here, and the guest's own program says what it found.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("openstack")

from judges import readme
from judges.lifetime import lifetime
from test_first_boot import Cloud
from test_readiness import exposed, machine, service

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.openstack
PROJECT = Path(__file__).parent / "failing"


def test_a_readiness_that_fails_is_in_the_events(reason: str, cloud: Any, admin: Any, tmp_path: Path) -> None:
    project = shutil.copytree(PROJECT, tmp_path / "failing")
    blueprint = project / "solution.bp"
    text = blueprint.read_text().replace("network = inner\n", "network = inner\n    ready   = http\n")
    blueprint.write_text(text.replace("port = 80 }", 'port = 80, health = "/ready" }'))
    with lifetime(cloud, admin, project, "bpc-test-unready") as life:
        life.compile()
        life.upload()
        with pytest.raises(readme.Failed, match="CREATE_FAILED"):
            life.create(answer=lambda: life.guests.say_failed(reason))
        events = readme.run_all(life.folder, "stack event list", life.stack)
        assert "/ready answered 500 Internal Server Error, expected 200" in events
        before = life.things()
        life.delete()
        assert life.left(before) == []


@pytest.fixture
def reason(tmp_path: Path) -> Iterator[str]:
    """What the runner signals of a service whose health path gives 500."""
    (tmp_path / "machine").mkdir()
    with Cloud() as server, service(500) as asked:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        booted = machine(tmp_path / "machine", server, exposed(asked.server_port, ', health = "/ready"'))
        assert booted.boot() == 1
        [(_, told)] = server.heard
        server.shutdown()
        yield told["reason"]
