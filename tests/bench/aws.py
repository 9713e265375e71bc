"""Speed of CloudFormation stacks: CPU seconds of whole processes, beside troposphere written by hand and the AWS CDK.

The topology M(n): one network, and one tier of n members with an identity, each with an interface and an encrypted volume of its own. By hand means a
program with troposphere that makes the same resources and nothing else: no blueprint, no model, no checks, no user data.
The CDK makes M(3) too, from node and from its command; it is left out where node or npm are not there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import measured, row

BY_HAND = """
import sys
import troposphere
from troposphere import GetAtt, GetAZs, Ref, Select, Tags, Template, ec2
count, form = int(sys.argv[1]), sys.argv[2]
troposphere.MAX_RESOURCES = 10**6
t = Template()
t.add_resource(ec2.VPC("Vpc", CidrBlock="10.0.0.0/16"))
for zone, name in enumerate("AB"):
    t.add_resource(ec2.Subnet(f"Subnet{name}", VpcId=Ref("Vpc"), CidrBlock=f"10.0.{zone * 128}.0/17", AvailabilityZone=Select(zone, GetAZs(""))))
t.add_resource(ec2.SecurityGroup("Security", VpcId=Ref("Vpc"), GroupDescription="members"))
options = ec2.MetadataOptions(HttpTokens="required")
data = ec2.LaunchTemplateData(ImageId="ami-0123456789abcdef0", InstanceType="t3.micro", MetadataOptions=options)
t.add_resource(ec2.LaunchTemplate("Template", LaunchTemplateData=data))
for n in range(count):
    tags = Tags(**{"Name": f"t-{n}", "bpc:solution": "bench", "bpc:tier": "t"})
    place = {"Metadata": {"bpc": "solution.bp:5"}}
    t.add_resource(ec2.NetworkInterface(f"Interface{n}", SubnetId=Ref("SubnetA"), GroupSet=[Ref("Security")], Tags=tags, **place))
    card = ec2.NetworkInterfaceProperty(DeviceIndex="0", NetworkInterfaceId=Ref(f"Interface{n}"))
    which = ec2.LaunchTemplateSpecification(LaunchTemplateId=Ref("Template"), Version=GetAtt("Template", "LatestVersionNumber"))
    t.add_resource(ec2.Instance(f"Instance{n}", LaunchTemplate=which, NetworkInterfaces=[card], Tags=tags, **place))
    t.add_resource(ec2.Volume(f"Volume{n}", AvailabilityZone=GetAtt("SubnetA", "AvailabilityZone"), Size=10, VolumeType="gp3", Encrypted=True, Tags=tags, DeletionPolicy="Delete", UpdateReplacePolicy="Delete", **place))
    t.add_resource(ec2.VolumeAttachment(f"Attachment{n}", InstanceId=Ref(f"Instance{n}"), VolumeId=Ref(f"Volume{n}"), Device="/dev/sdf", **place))
open(sys.argv[3], "w").write(t.to_json() if form == "json" else t.to_yaml())
"""
CDK = """
const cdk = require('aws-cdk-lib'); const ec2 = cdk.aws_ec2;
const app = new cdk.App({ outdir: process.argv[2] || 'cdk.out' }); const s = new cdk.Stack(app, 'bench');
const vpc = new ec2.Vpc(s, 'Vpc', { maxAzs: 2 });
const group = new ec2.SecurityGroup(s, 'Security', { vpc });
for (let n = 0; n < 3; n++) {
  const i = new ec2.Instance(s, `Instance${n}`, { vpc, securityGroup: group, requireImdsv2: true,
    instanceType: new ec2.InstanceType('t3.micro'), machineImage: ec2.MachineImage.genericLinux({ 'eu-west-1': 'ami-0123456789abcdef0' }) });
}
app.synth();
"""
LIMITS = ["--limit=operation_resources=999999"]


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
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "hand.py").write_text(BY_HAND)
        ours = {}
        for count in (3, 100, 1000, 10_000):
            (place / "m.bp").write_text(members(count))
            for form in ("json", "yaml"):
                if form == "yaml" and count > 1000:
                    continue  # troposphere takes a quarter of an hour
                ours[count, form] = compare(place, count, form, base)
        cdk(place, ours[3, "json"], base)
    return 0


def compare(place: Path, count: int, form: str, base: float) -> float:
    runs = 5 if count < 1000 else 1
    command = [sys.executable, "-m", "bpc", "compile", str(place / "m.bp"), "--target", "cloudformation", *LIMITS]
    command += ["-o", str(place / "out"), *(["--json"] if form == "json" else [])]
    ours, memory = measured(command, runs)
    row(f"bpc M({count:,}) {form}", ours, memory, base)
    hand, memory = measured([sys.executable, str(place / "hand.py"), str(count), form, str(place / "hand")], runs)
    row(f"troposphere by hand M({count:,}) {form}", hand, memory, base, f"bpc: {ours / hand:.2f} of it (at most 2.5)")
    return ours


def cdk(place: Path, ours: float, base: float) -> None:
    if not shutil.which("node") or not shutil.which("npm"):
        print("no node or npm: the CDK is left out")
        return
    (place / "app.js").write_text(CDK)
    (place / "cdk.json").write_text(json.dumps({"app": "node app.js"}))
    (place / "package.json").write_text('{"name": "bench", "private": true}')
    quiet = {"cwd": place, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "aws-cdk-lib", "constructs", "aws-cdk"], **quiet)
    os.chdir(place)
    os.environ["CDK_DISABLE_VERSION_CHECK"] = "1"
    os.environ["CDK_DISABLE_CLI_TELEMETRY"] = "1"
    whole, memory = measured(["node_modules/.bin/cdk", "synth", "--quiet"], 3)
    row("cdk synth M(3)", whole, memory, base, f"{whole / ours:.1f} times bpc (at least 5)")
    os.environ["CDK_VALIDATION"] = "false"
    unchecked, memory = measured(["node_modules/.bin/cdk", "synth", "--quiet", "--no-validation"], 3)
    row("cdk synth M(3), validation off", unchecked, memory, base, f"{unchecked / ours:.1f} times bpc (at least 1)")
    node, memory = measured(["node", "app.js"], 3)
    row("node app.js M(3)", node, memory, base, f"{node / ours:.1f} times bpc")


if __name__ == "__main__":
    raise SystemExit(main())
