"""`--images imagebuilder`: the stack makes its own images, and what is in them is what every other builder puts there."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
import subprocess
import tarfile

import pytest
from judges.cloudformation import judge
from judges.readers import load
from test_compile import IDS, ROOT, VARIANTS
from test_stacks import REGIONS

import bpc.api
from bpc.provision import live_script

pytestmark = pytest.mark.slow

KIND = "AWS::ImageBuilder::"
BLUEPRINT = """blueprint 1
image it {
  from = debian("12")
  packages = ["nginx"]
  file "/etc/it.conf" { text = "%s" }
  run "braces" { script = "it.sh" }
}
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier a { image = it, bake = full, network = n }
  tier b { image = it, bake = full, network = n }
}
"""


def project(folder, text: str = "one"):
    (folder / "it.sh").write_text("echo '{{ it }}' > /tmp/it\n")
    (folder / "solution.bp").write_text(BLUEPRINT % text)
    return folder / "solution.bp"


def compiled(path, **options):
    result = bpc.api.compile(path, targets=("cfn",), images=("imagebuilder",), **options)
    assert [d.text for d in result.diagnostics] == []
    return result


def template(path, **options) -> dict:
    return load(compiled(path, **options).artifacts["cloudformation"].files["stack.yaml"])


def of_kind(made: dict, kind: str) -> dict[str, dict]:
    return {name: r["Properties"] for name, r in made["Resources"].items() if r["Type"] == KIND + kind}


def commands(component: dict) -> list[str]:
    steps = load(component["Data"])["phases"][0]["steps"]
    return [command for step in steps for command in step["inputs"]["commands"]]


@pytest.mark.parametrize(("folder", "environment"), VARIANTS, ids=IDS)
def test_cfn_lint_and_the_judge_find_nothing(folder, environment):
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    files = compiled(folder / "solution.bp", environment=environment).artifacts["cloudformation"].files
    found = lint(files["stack.yaml"], config=ManualArgs(regions=REGIONS, include_checks=["I"]))
    assert [str(match) for match in found] == []
    assert judge(files) == []


def test_every_tier_starts_from_what_the_stack_makes(tmp_path):
    made = template(project(tmp_path))
    assert list(of_kind(made, "Image")) == ["BuiltA"], "tiers with the same bits share an image"
    templates = [r["Properties"] for r in made["Resources"].values() if r["Type"] == "AWS::EC2::LaunchTemplate"]
    assert len(templates) == 2
    assert all(t["LaunchTemplateData"]["ImageId"] == {"Fn::GetAtt": ["BuiltA", "ImageId"]} for t in templates)
    assert {"ImageA", "ImageB"} & set(made["Parameters"]) == set()
    assert made["Parameters"]["ParentDebianX12"]["Type"] == "AWS::EC2::Image::Id"


def test_components_bring_what_packer_uploads_and_runs(tmp_path):
    """The pieces are one archive with the same files; the scripts are the same, packed or not."""
    path = ROOT / "blueprints" / "shop" / "solution.bp"
    solution = bpc.api.model(path).solution
    made = template(path)
    known = of_kind(made, "Component")
    for name, recipe in of_kind(made, "ImageRecipe").items():
        image = next(i for i in solution.images if i.name == recipe["Description"])
        listed = [c["ComponentArn"]["Ref"] for c in recipe["Components"]]
        assert listed[-1] == "BuilderLast", name
        lines = [command for each in listed for command in commands(known[each])]
        wanted = {**live_script.of_base(image.base), **live_script.of_image(image)}
        files = {path: text for path, text in wanted.items() if not path.startswith("scripts/")}
        assert unpacked(lines) == {path: t if isinstance(t, bytes) else t.encode() for path, t in files.items()}
        scripts = [text for path, text in sorted(wanted.items()) if path.startswith("scripts/")]
        ran = [plain(line) for line in lines]
        assert [text for text in ran if text.startswith("export BPC_SYSTEM=true\n")] == [
            f"export BPC_SYSTEM=true\n{text}" for text in scripts
        ]


def unpacked(lines: list[str]) -> dict[str, bytes]:
    """Files by their path, of all archives that commands bring."""
    found: dict[str, bytes] = {}
    archive = b""
    for line in lines:
        if line.startswith("base64 -d >>"):
            archive += base64.b64decode(line.partition("\n")[2].removesuffix("END\n"))
        elif "tar -xzf" in line:
            with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
                found |= {entry.name: opened.extractfile(entry).read() for entry in opened}
            archive = b""
    return found


def plain(command: str) -> str:
    """A script, also where it travels packed."""
    packed = re.search(r"base64 -d <<'END' \| gunzip >\S+\n(.*?)END\n", command, re.DOTALL)
    return gzip.decompress(base64.b64decode(packed[1])).decode() if packed else command


def test_braces_do_not_reach_image_builder(tmp_path):
    made = of_kind(template(project(tmp_path)), "Component")
    lines = [line for component in made.values() for line in commands(component)]
    assert not any("{{" in line for line in lines)
    assert any("{{ it }}" in plain(line) for line in lines)


def test_a_packed_step_runs_and_fails_as_itself(tmp_path):
    from bpc_targets.cloudformation.components import _packed

    for code in (0, 7):
        command = _packed(f"echo it\nexit {code}\n").replace("/root/", f"{tmp_path}/")
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (code, "it\n")


def test_versions_follow_the_content(tmp_path):
    """What cannot be changed has another version when its content is another, and only then."""
    versions = []
    for text in ("one", "two", "one"):
        made = template(project(tmp_path, text))
        known = {**of_kind(made, "Component"), **of_kind(made, "ImageRecipe")}
        versions.append({name: properties["Version"] for name, properties in known.items()})
    first, second, third = versions
    assert first == third
    assert {name for name in first if first[name] != second[name]} == {"LayerAX0", "RecipeA"}
    assert all(int(part) < 2**30 for version in first.values() for part in version.split("."))


def test_nobody_may_connect_where_images_are_made(tmp_path):
    made = template(project(tmp_path))["Resources"]
    rules = [r["Properties"] for r in made.values() if r["Type"] == "AWS::EC2::SecurityGroupIngress"]
    assert not any("BuilderSecurity" in str(rule["GroupId"]) for rule in rules)
    assert made["Builder"]["Properties"]["InstanceMetadataOptions"]["HttpTokens"] == "required"
    assert "Policies" not in made["BuilderRole"]["Properties"]


def test_what_does_not_fit_is_told(tmp_path):
    noise = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(10_000))
    (tmp_path / "tool.bin").write_bytes(noise)
    sha = hashlib.sha256(noise).hexdigest()
    artifact = (
        f'artifact "/opt/tool" {{ source = "tool.bin", version = "1", licence = "MIT", sha256 = "{sha}" }}\n  run'
    )
    project(tmp_path).write_text((BLUEPRINT % "one").replace("run", artifact, 1))
    result = bpc.api.compile(tmp_path / "solution.bp", targets=("cfn",), images=("imagebuilder",))
    [found] = result.diagnostics
    assert found.code == "CFN022"
    assert "320,000 bytes" in found.text
