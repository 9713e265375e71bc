"""How long images take: `bpc build` beside mkosi run by hand for the same specs, in one run. Root, Debian, mkosi found.

Wall and CPU seconds of whole process trees. By hand means: each spec alone, one after the other, then qemu-img to qcow2.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bpc.imaging import tools

SHOP = Path(__file__).parents[2] / "blueprints" / "shop" / "solution.bp"


def measured(*commands: list[str]) -> tuple[float, float]:
    """(wall, CPU) seconds of commands, one after the other."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for command in commands:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - start
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def build(out: Path) -> list[str]:
    return [sys.executable, "-m", "bpc", "build", "--blueprint", str(SHOP), "-o", str(out)]


def mkosi(found: tools.Tools, spec: Path, home: Path) -> list[str]:
    """As somebody types it: not confined."""
    program = (
        [os.path.join(found.home, "bin", "mkosi"), f"--tools-tree={found.home}/tools"] if found.home else ["mkosi"]
    )
    return [*program, f"--directory={spec}", f"--output-directory={home}", "--force", "build"]


def by_hand(specs: Path, work: Path) -> list[list[str]]:
    """mkosi for the base, then for each image, and its conversion."""
    found, home = tools.find(), work / "work"
    home.mkdir(parents=True)
    names = sorted(
        (path.name for path in specs.iterdir() if path.is_dir()), key=lambda name: not name.endswith(".tree")
    )
    commands = []
    for name in names:
        commands.append(mkosi(found, specs / name, home))
        if not name.endswith(".tree"):
            qcow2 = ["-O", "qcow2", str(home / f"{name}.raw"), str(work / f"{name}.qcow2")]
            commands.append(
                [
                    os.path.join(found.home, "bin", "qemu-img") if not shutil.which("qemu-img") else "qemu-img",
                    "convert",
                    *qcow2,
                ]
            )
    return commands


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BPC_BENCH_FOLDER")) as folder:
        out, hand = Path(folder, "out"), Path(folder, "hand")
        cold = measured(build(out))
        nothing = min(measured(build(out)) for _ in range(5))
        for path in (out / "images").glob("*-*.*"):
            path.unlink()
        tiers = measured(build(out))
        alone = measured(*by_hand(out / "mkosi", hand))
    rows = {
        "bpc build, cold: base and three tiers": cold,
        "mkosi by hand, one after the other": alone,
        "bpc build, three tiers over a built base": tiers,
        "bpc build, nothing to do": nothing,
    }
    print(f"{'':42} {'wall s':>8} {'CPU s':>8}")
    for title, (wall, cpu) in rows.items():
        print(f"{title:42} {wall:8.2f} {cpu:8.2f}")
    print(
        f"cold, as a multiple of mkosi by hand: wall {cold[0] / alone[0]:.2f} (at most 1.3), CPU {cold[1] / alone[1]:.2f}"
    )


main()
