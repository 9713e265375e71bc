"""A disk that is smaller than what is known of its image."""

from __future__ import annotations

import hashlib
import os

import pytest

import bpc.api

MANY, SIZE = 11, 60 * 2**20
SOLUTION = """
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier t {
    image   = plain
    network = n
    machine { cpu = 1, disk = %s }%s
  }
}
"""


@pytest.mark.slow
def test_artifacts_that_do_not_fit(tmp_path):
    """660 MiB of artifacts and the release need more than one GiB; on a volume, they would not count."""
    digest = hashlib.sha256(bytes(SIZE)).hexdigest()
    image = 'blueprint 1\nimage plain {\n  from = debian("12")\n'
    for number in range(MANY):
        (tmp_path / f"a{number}").touch()
        os.truncate(tmp_path / f"a{number}", SIZE)
        image += f'  artifact "/data/{number}" {{ source = "a{number}", version = "1", licence = "MIT", sha256 = "{digest}" }}\n'

    def found(disk: str, more: str = "") -> list[tuple[str, str, str]]:
        (tmp_path / "solution.bp").write_text(image + "}\n" + SOLUTION % (disk, more))
        diagnostics = bpc.api.check(tmp_path / "solution.bp").diagnostics
        return [(d.code, d.text, d.span.source.text[d.span.start : d.span.end]) for d in diagnostics]

    text = 'the disk of tier "t" has 1GiB, but its image takes at least 1.1GiB'
    assert found("1GiB") == [("BPC441", text, "1GiB")]
    assert found("2GiB") == []
    assert found("1GiB", '\n    volume data { size = 1GiB, mount = "/data" }') == []
