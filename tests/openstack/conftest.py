"""The cloud that OS_CLOUD names, an entry of clouds.yaml, and OS_ADMIN_CLOUD (default `admin`), which may read servers' user data."""

from __future__ import annotations

import os
from typing import Any

import pytest


@pytest.fixture(scope="session")
def cloud() -> Any:
    openstack = pytest.importorskip("openstack")
    if not os.environ.get("OS_CLOUD"):
        pytest.fail("OS_CLOUD must name an entry of clouds.yaml")
    return openstack.connect()


@pytest.fixture(scope="session")
def admin() -> Any:
    openstack = pytest.importorskip("openstack")
    return openstack.connect(cloud=os.environ.get("OS_ADMIN_CLOUD", "admin"))
