"""This file makes pytest put `tests/` on the import path, so that tests can say `from judges…`.

The test folders have no `__init__.py`: as packages, `heat` and `openstack` would hide the libraries of those names.
"""


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
