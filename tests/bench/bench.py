"""Speed: CPU seconds of whole processes, as multiples of `python -c pass` and of heat-translator on the same topology.

The topology T(n): one network, a web, an app and a database tier of n/3 machines each, every machine declared on its own, and a
volume for each database machine. heat-translator does less with it: no router, security groups, balancer or check of limits.
Figures are medians of whole processes in this run; ratios are what counts.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LIMITS = ["--limit=resources=9999999", "--limit=template_bytes=9999999999", "--limit=body_bytes=9999999999"]
PEER = shutil.which("heat-translator", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def measured(command: list[str], runs: int = 5) -> tuple[float, float]:
    """(median CPU seconds, largest resident MB) of a command; it must succeed."""
    times = []
    users = {
        key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
    }  # as where bpc is installed
    for run in range(runs + 1):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=users)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"failed: {' '.join(command)}")
        if run:  # the first one warms the caches
            times.append(used.ru_utime + used.ru_stime)
    return statistics.median(times), used.ru_maxrss / 1024


def bpc(blueprint: Path, out: str) -> list[str]:
    return [sys.executable, "-m", "bpc", "compile", str(blueprint), "-o", out, *LIMITS]


def blueprint(count: int, cidr: str = "10.0.0.0/8") -> str:
    """T(count) in the language, each machine a tier."""
    tiers = []
    for number in range(count // 3):
        for kind, port in (("web", 80), ("app", 8080), ("db", 5432)):
            volume = '\n    volume data { size = 10GiB, mount = "/data" }' if kind == "db" else ""
            tiers.append(
                f"  tier {kind}{number} {{\n    image = base\n    network = lan\n"
                f"    machine {{ cpu = 1, memory = 1GiB, disk = 10GiB }}\n    expose port {{ port = {port} }}{volume}\n  }}"
            )
    head = 'blueprint 1\nimage base { from = debian("12") }\nsolution bench {\n  version = "1"\n'
    return head + f'  network lan {{ cidr = "{cidr}" }}\n' + "\n".join(tiers) + "\n}\n"


def members(count: int) -> str:
    """One tier of so many members."""
    head = 'blueprint 1\nimage base { from = debian("12") }\nsolution bench {\n  version = "1"\n'
    return f'{head}  network lan {{ cidr = "10.0.0.0/8" }}\n  tier t {{\n    image = base\n    network = lan\n    count = {count}\n  }}\n}}\n'


def tosca(count: int) -> str:
    """The same T(count) for heat-translator."""
    nodes = [
        "    lan:\n      type: tosca.nodes.network.Network\n      properties: { network_name: lan, cidr: 10.0.0.0/8 }"
    ]
    for number in range(count // 3):
        for kind in ("web", "app", "db"):
            name = f"{kind}{number}"
            host = "host:\n          properties: { num_cpus: 1, mem_size: 1 GB, disk_size: 10 GB }"
            system = (
                "os:\n          properties: { type: Linux, distribution: Debian, version: 12.0, architecture: x86_64 }"
            )
            needs = ""
            if kind == "db":
                nodes.append(
                    f"    vol{number}:\n      type: tosca.nodes.BlockStorage\n      properties: {{ size: 10 GB }}"
                )
                attach = "type: tosca.relationships.AttachesTo\n              properties: { location: /data }"
                needs = (
                    f"\n      requirements:\n        - local_storage:\n            node: vol{number}\n"
                    f"            relationship:\n              {attach}"
                )
            nodes.append(
                f"    {name}:\n      type: tosca.nodes.Compute\n      capabilities:\n        {host}\n        {system}{needs}"
            )
            nodes.append(
                f"    port-{name}:\n      type: tosca.nodes.network.Port\n      requirements:\n"
                f"        - binding: {{ node: {name} }}\n        - link: {{ node: lan }}"
            )
    return (
        "tosca_definitions_version: tosca_simple_yaml_1_0\ntopology_template:\n  node_templates:\n"
        + "\n".join(nodes)
        + "\n"
    )


def row(name: str, seconds: float, memory: float, base: float, note: str = "") -> None:
    print(f"{name:<34} {seconds:8.3f} s {seconds / base:8.1f} x {memory:7.0f} MB  {note}", flush=True)


def main() -> int:
    sizes = [int(word) for word in sys.argv[1:]] or [3, 300, 3000]
    base, memory = measured([sys.executable, "-c", "pass"], runs=15)
    print(f"{'whole process':<34} {'CPU':>10} {'x pass':>10} {'memory':>9}")
    row("python -c pass", base, memory, base)
    with tempfile.TemporaryDirectory() as folder:
        place, out = Path(folder), str(Path(folder) / "out")
        for solution in sorted(ROOT.glob("blueprints/*/solution.bp")):
            row(f"bpc {solution.parent.name}", *measured(bpc(solution, out)), base)
        for count in (400, 20_000):  # a compilation has a budget, which ends at about 30,000
            (place / "m.bp").write_text(members(count))
            row(f"bpc one tier of {count:,}", *measured(bpc(place / "m.bp", out)), base)
        for count in sizes:
            compare(place, out, count, base)
    return 0


def compare(place: Path, out: str, count: int, base: float) -> None:
    """bpc and heat-translator on T(count), one after the other."""
    runs = 5 if count < 1000 else 1
    (place / "t.bp").write_text(blueprint(count))
    ours, memory = measured(bpc(place / "t.bp", out), runs)
    row(f"bpc T({count:,})", ours, memory, base)
    if PEER is None or count > 3000:
        return
    (place / "t.yaml").write_text(tosca(count))
    command = [PEER, "--template-file", str(place / "t.yaml"), "--template-type", "tosca"]
    theirs, memory = measured(command, runs)
    row(f"heat-translator T({count:,})", theirs, memory, base, f"{theirs / ours:.1f} times bpc")


if __name__ == "__main__":
    raise SystemExit(main())
