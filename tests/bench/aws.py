"""Speed of CloudFormation stacks: CPU seconds of whole processes, beside troposphere written by hand and the AWS CDK.

The topology M(n): one network, and one tier of n members with an identity, each with an interface and an encrypted volume of its
own. T(n) is that of `bench.py`: n machines, each a tier of its own. The programs in `peers` make the same resources, which is
counted here, with a first boot of a few lines where bpc's has 7 KB a tier. bpc cuts M(n) into nested stacks; nobody cuts T(n),
which is far beyond the limits of one stack. The CDK runs from node and from its command; it is left out where node or npm are not there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from multiprocessing import Pool
from pathlib import Path

from bench import blueprint, measured, row

PEERS = Path(__file__).parent / "peers"
UNLIMITED = """
from bpc.cli.main import main
from bpc_targets.cloudformation.limits import DEFAULTS
DEFAULTS |= {name: 10**12 for name in DEFAULTS if name != "stack_resources"}
raise SystemExit(main())
"""
"""The command `bpc` without limits that AWS lets nobody raise: T(300) has 701 parameters, the root of M(10,000) 1,060 KB of YAML."""
SIZES = {"M": (3, 100, 1000, 10_000), "T": (3, 300, 3000)}
CDK = {"M": (3, 100, 1000), "T": (3, 300)}
BESIDE = ("AWS::CloudFormation::Stack", "AWS::CDK::Metadata")
"""What only one of the programs has: nested stacks, and the CDK's note of itself."""

Seconds = dict[tuple[str, int], float]
Kinds = Counter[str]


def members(count: int) -> str:
    return (
        'blueprint 1\nimage base { from = debian("12") }\nsolution bench {\n  version = "1"\n'
        '  network lan { cidr = "10.0.0.0/16" }\n  tier t {\n    image = base\n    network = lan\n'
        f'    count = {count}\n    update {{ batch = {count} }}\n    volume data {{ size = 10GiB, mount = "/data" }}\n  }}\n}}\n'
    )


def main() -> int:
    base, memory = measured([sys.executable, "-c", "pass"], runs=15)
    print(f"{'whole process':<34} {'CPU':>10} {'x pass':>10} {'memory':>9}")
    row("python -c pass", base, memory, base)
    ours: Seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for topology, sizes in SIZES.items():
            for count in sizes:
                ours[topology, count] = compare(place, topology, count, "json", base)
                compare(place, topology, count, "yaml", base)
        cdk(place, ours, base)
    return 0


def compare(place: Path, topology: str, count: int, form: str, base: float) -> float:
    """bpc and troposphere by hand, one after the other; returns bpc's seconds."""
    runs = 5 if count <= 1000 else 1
    name, source, out = f"{topology}({count:,})", place / "solution.bp", place / f"{topology}{count}{form}"
    source.write_text(members(count) if topology == "M" else blueprint(count, "10.0.0.0/16"))
    command = [sys.executable, "-c", UNLIMITED, "compile", str(source), "--target", "cloudformation", "-o", str(out)]
    command += ["--json"] if form == "json" else []
    command += ["--limit=stack_resources=999999"] if topology == "T" else []
    ours, memory = measured(command, runs)
    row(f"bpc {name} {form}", ours, memory, base, "CPU at most 5 s" if count == 10_000 else "")
    hand = place / "hand"
    hand.mkdir(exist_ok=True)
    command = [sys.executable, str(PEERS / "by_hand.py"), topology, str(count), form, str(hand / f"stack.{form}")]
    theirs, memory = measured(command, runs)
    row(f"troposphere by hand {name} {form}", theirs, memory, base, f"bpc: {ours / theirs:.2f} of it (at most 2.5)")
    if form == "json":
        same(out / "cloudformation", hand)
    return ours


def cdk(place: Path, ours: Seconds, base: float) -> None:
    """The CDK's program alone and its command, with what it checks and without."""
    if not shutil.which("node") or not shutil.which("npm"):
        print("no node or npm: the CDK is left out")
        return
    shutil.copy(PEERS / "cdk.js", place)
    (place / "package.json").write_text('{"name": "bench", "private": true}')
    quiet = {"cwd": place, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "aws-cdk-lib", "constructs", "aws-cdk"], **quiet)
    os.chdir(place)
    os.environ |= {"CDK_DISABLE_VERSION_CHECK": "1", "CDK_DISABLE_CLI_TELEMETRY": "1"}
    for topology, sizes in CDK.items():
        for count in sizes:
            words = [topology, str(count)]
            synth = ["node_modules/.bin/cdk", "synth", "--quiet", "--app", " ".join(["node", "cdk.js", *words])]
            for title, command, checks, least in (
                ("cdk synth", synth, "true", 5),
                ("cdk synth, no validation", [*synth, "--no-validation"], "false", 1),
                ("node cdk.js, no validation", ["node", "cdk.js", *words], "false", 1),
            ):
                os.environ["CDK_VALIDATION"] = checks
                theirs, memory = measured(command, 3 if count <= 100 else 1)
                times = theirs / ours[topology, count]
                name = f"{title} {topology}({count:,})"
                row(name, theirs, memory, base, f"{times:.1f} times bpc (at least {least})")
            same(place / f"{topology}{count}json" / "cloudformation", place / "cdk.out")


def same(ours: Path, theirs: Path) -> None:
    """Who makes other resources is no peer. They are counted in a process of its own: the memory of this one counts for its children."""
    with Pool(1) as pool:
        mine, other = pool.map(kinds, (ours, theirs))
    print(f"{'':<34} resources: {mine.total():,} of bpc, {other.total():,} of the peer, {len(other)} kinds")
    if mine != other:
        raise SystemExit(f"not the same: {mine - other} only of bpc, {other - mine} only of the peer")


def kinds(folder: Path) -> Kinds:
    """How many resources of each kind there are in all JSON templates of a folder."""
    made = [json.loads(file.read_text()) for file in folder.glob("*.json")]
    templates = [each["Resources"] for each in made if "Resources" in each]
    return Counter(r["Type"] for each in templates for r in each.values() if r["Type"] not in BESIDE)


if __name__ == "__main__":
    raise SystemExit(main())
