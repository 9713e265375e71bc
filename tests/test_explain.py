"""`bpc explain TIER`: goldens of the shop's tiers, and what it says when it cannot."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from goldens import compare_folder

import bpc.api
from bpc.cli.main import main
from bpc.model.steps import ReadyImage

ROOT = Path(__file__).parent.parent
SHOP = ROOT / "blueprints" / "shop" / "solution.bp"
CONFIGURED = ROOT / "tests" / "fine" / "configure" / "solution.bp"
DIGEST = r"-[0-9a-f]{12}\b"
"""Of an image's name: other goldens have it."""
READY = """blueprint 1
image ready { from = cloud_image("debian-12"), packages = ["nginx"] }
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier t { image = ready, network = n }
}
"""


def said(capsys, blueprint: Path, *arguments: str) -> str:
    assert main(["explain", *arguments, "--blueprint", str(blueprint)]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert max(len(line) for line in output.out.splitlines()) <= 100
    return output.out


def tiers(blueprint: Path, environment: str = "") -> list[str]:
    model = bpc.api.model(blueprint, environment=environment).model
    return [item["name"] for item in model["resources"] if item["kind"] == "Group"]


@pytest.mark.parametrize("blueprint", [SHOP, CONFIGURED], ids=["shop", "configure"])
def test_tables(blueprint, request, capsys):
    environments = ["", *bpc.api.model(blueprint).solution.environments]
    made = {
        f"{environment or 'plain'}-{tier}.txt": re.sub(
            DIGEST, "-DIGEST", said(capsys, blueprint, tier, "--env", environment)
        )
        for environment in environments
        for tier in tiers(blueprint, environment)
    }
    golden = ROOT / "tests" / "golden" / f"explain-{blueprint.parent.name}"
    compare_folder(golden, made, update=request.config.getoption("--update-golden"))


@pytest.mark.parametrize("blueprint", sorted(ROOT.glob("blueprints/*/solution.bp")), ids=lambda path: path.parent.name)
def test_every_tier_s_own_column_is_what_is_compiled(blueprint, capsys):
    """Each step is where the model has it, and the image is the stack's."""
    for environment in ("", *bpc.api.model(blueprint).solution.environments):
        solution = bpc.api.model(blueprint, environment=environment).solution
        for tier in tiers(blueprint, environment):
            said(capsys, blueprint, tier, "--env", environment)
            found = bpc.api.explain_tier(blueprint, tier, environment=environment).explanation
            group = next(item for item in solution.resources if getattr(item, "image", "") and item.name == tier)
            image = next(image for image in solution.images if image.name == group.image)
            [own] = [column for column in found.columns if column.chosen]
            assert (own.bake, own.image) == (group.bake, image.name)
            places = [cell.place for row in found.rows for cell in row.cells if cell.bake == own.bake]
            baked = 0 if isinstance(image.origin, ReadyImage) else sum(len(layer.steps) for layer in image.layers)
            assert sum(place in ("image", "both") for place in places) == baked
            assert sum(place in ("first boot", "both") for place in places) == len(group.first_boot)


def test_machine_types_of_a_cloud(tmp_path, capsys):
    (tmp_path / "flavors.json").write_text('{"huge": {"cpu": 64, "memory": "64GiB", "disk": "500GiB"}}')
    assert "on OpenStack Heat: huge" in said(capsys, SHOP, "web", "--flavors", str(tmp_path / "flavors.json"))


def test_nothing_is_baked_into_a_ready_image(tmp_path, capsys):
    (tmp_path / "solution.bp").write_text(READY)
    table = said(capsys, tmp_path / "solution.bp", "t")
    assert 'from the ready image "debian-12"' in table
    assert table.count("(BPC414)") == 2


def test_json_is_that_of_the_function(capsys):
    plain = json.loads(said_json(capsys, "web"))
    assert plain == bpc.api.explain_tier(SHOP, "web").plain
    [upstream] = [row for row in plain["rows"] if "upstream" in row["what"]]
    assert upstream["needs"] == ["the address of the balancer of app.api"]
    assert [cell["place"] for cell in upstream["cells"]] == ["first boot"] * 3
    assert json.loads(said_json(capsys, "BPC401"))["code"] == "BPC401"


def said_json(capsys, name: str) -> str:
    assert main(["explain", name, "--blueprint", str(SHOP), "--format", "json"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wbe", 'there is no diagnostic and no tier "wbe"; did you mean "web"?'),
        ("BCP401x", 'there is no diagnostic and no tier "BCP401x"; did you mean "BPC401"?'),
        ("zzz", 'there is no diagnostic and no tier "zzz"; the tiers are web, app, db'),
        ("BPC499", 'there is no diagnostic "BPC499"; did you mean'),
    ],
)
def test_what_is_neither(capsys, name, message):
    assert main(["explain", name, "--blueprint", str(SHOP)]) == 2
    assert message in capsys.readouterr().err


def test_each_tier_has_its_own_template_also_where_the_image_is_shared(tmp_path, capsys):
    blueprint = tmp_path / "solution.bp"
    blueprint.write_text(
        'blueprint 1\nimage one { from = cloud_image("u") }\nimage two { from = cloud_image("u") }\n'
        'image three { from = debian("12"), packages = ["nginx"] }\nimage four { from = debian("12"), packages = ["nginx"] }\n'
        'solution s {\n  version = "1"\n  network n { cidr = "10.0.0.0/24" }\n'
        "  tier a { image = one, network = n }\n  tier b { image = two, network = n }\n"
        "  tier c { image = three, network = n }\n  tier d { image = four, network = n }\n}\n"
    )
    for tier, template, line in (("a", "one", 2), ("b", "two", 3), ("c", "three", 4), ("d", "four", 5)):
        assert main(["explain", tier, "--blueprint", str(blueprint)]) == 0
        assert f"template    {template} (solution.bp:{line})" in capsys.readouterr().out
    made = bpc.api.compile(blueprint).artifacts["heat"].files["images.json"]
    assert [image["templates"] for image in json.loads(made)["images"]] == [
        {"a": "one", "b": "two"},
        {"c": "three", "d": "four"},
    ]


def test_no_blueprint(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "web"]) == 2
    said = 'bpc: "web" is not a valid code, and solution.bp, which could have such a tier, does not exist\n'
    assert capsys.readouterr().err == said
    assert main(["explain", "bpc401"]) == 0


def test_mistakes_are_told(tmp_path, capsys):
    shutil.copytree(SHOP.parent, tmp_path / "shop")
    blueprint = tmp_path / "shop" / "solution.bp"
    blueprint.write_text(blueprint.read_text().replace("2..10", "10..2"))
    assert main(["explain", "web", "--blueprint", str(blueprint)]) == 1
    output = capsys.readouterr()
    assert "BPC403" in output.err
    assert output.out == ""
