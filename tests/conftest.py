"""This file makes pytest put `tests/` on the import path, so that tests can say `from judges…`.

The test folders have no `__init__.py`: as packages, `heat` and `openstack` would hide the libraries of those names.
"""
