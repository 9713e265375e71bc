"""From a cloud's words to the blueprint's lines: messages and saved events of both clouds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bpc.api
from bpc.cli.main import main
from bpc.source import where

HERE = Path(__file__).parent
SHOP = HERE.parent / "blueprints" / "shop" / "solution.bp"


def lines(text: str, **options) -> list[tuple[str, str, str]]:
    result, places = bpc.api.where(SHOP, text, **options)
    assert result.ok
    return [(place.target, place.resource, where(place.span)) for place in places]


DB, DATA, APP = "solution.bp:36", "solution.bp:41", "solution.bp:27"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "cloudformation.json",
            [("cloudformation", "ReadyDb", DB), ("cloudformation", "AttachmentDbXDataX0", DATA)],
        ),
        ("heat.txt", [("heat", "tier.app", APP)]),
        ("heat.json", [("heat", "tier.app", APP)]),
        ("heat-api.json", [("heat", "tier.app", APP)]),
        ("heat-failures.txt", [("heat", "tier.app", APP)]),
    ],
)
def test_saved_events(file, expected):
    assert lines((HERE / "events" / file).read_text()) == expected


def test_messages():
    assert lines("Resource InstanceAppX2 is in ROLLBACK") == [("cloudformation", "InstanceAppX2", APP)]
    assert lines("resources.balancer.web.http: quota", targets=("heat",)) == [
        ("heat", "balancer.web.http", "solution.bp:23")
    ]
    assert lines("[shop.tier.db.0.volume.data]: CREATE_FAILED  ResourceInError: resources.volume.data: quota") == [
        ("heat", "tier.db/volume.data", DATA),
        ("heat", "tier.db", DB),
    ]
    assert lines("nothing that is known") == []


def test_a_failure_is_told_with_its_reason():
    _, places = bpc.api.where(SHOP, (HERE / "events" / "heat-failures.txt").read_text())
    [ready] = [place for place in places if place.resource == "tier.app"]
    assert ready.message.endswith("exit code 100: packages\nE: Unable to locate package ngnix")


def test_events_of_nested_stacks(tmp_path):
    blueprint = tmp_path / "solution.bp"
    blueprint.write_text(
        'blueprint 1\nimage it { from = debian("12") }\nsolution big {\n  version = "1"\n  network n { cidr = "10.0.0.0/16" }\n'
        '  tier store {\n    image = it\n    network = n\n    count = 200\n    volume data { size = 1GiB, mount = "/data" }\n  }\n}\n'
    )
    stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/big-StoreStack0-1ABCDEFGHIJK/5f0b"
    reason = "The following resource(s) failed to create: [VolumeStoreXDataX117]."
    events = [
        {
            "LogicalResourceId": "VolumeStoreXDataX117",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "limit",
        },
        {"LogicalResourceId": "big-x", "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": reason},
        {
            "LogicalResourceId": "big-y",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": f"Embedded stack {stack} was not created: {reason}",
        },
    ]
    _, places = bpc.api.where(blueprint, json.dumps({"StackEvents": events}))
    assert [(place.resource, where(place.span)) for place in places] == [("VolumeStoreXDataX117", "solution.bp:10")]


def test_what_it_was_compiled_with_is_not_asked(tmp_path):
    """Images that the stack makes, and a cloud's own limits, as `compile --images imagebuilder --limit` had them."""
    assert lines("BuiltApp CREATE_FAILED", targets=("cfn",)) == [("cloudformation", "BuiltApp", "images.bp:18")]
    blueprint = tmp_path / "solution.bp"
    blueprint.write_text(
        'blueprint 1\nimage it { from = debian("12") }\nsolution big {\n  version = "1"\n  network n { cidr = "10.0.0.0/16" }\n'
        "  tier store {\n    image = it\n    network = n\n    count = 2000\n  }\n}\n"
    )
    _, places = bpc.api.where(blueprint, "resources.tier.store: too many", targets=("heat",))
    assert [place.resource for place in places] == ["tier.store"]


def test_command(capsys):
    assert main(["where", "--blueprint", str(SHOP), "VolumeDbXDataX0:", "no", "capacity"]) == 0
    said = capsys.readouterr().out
    assert "VolumeDbXDataX0 (cloudformation): solution.bp:41" in said
    assert "volume  data { size = 100GiB" in said
    assert "VolumeDbXDataX0: no capacity" in said
    assert (
        main(["where", "--blueprint", str(SHOP), "--events", str(HERE / "events" / "heat.txt"), "--format", "json"])
        == 0
    )
    assert '"resource": "tier.app"' in capsys.readouterr().out
    assert main(["where", "--blueprint", str(SHOP), "nothing"]) == 1
    assert main(["where", "--blueprint", str(SHOP), "--events", "missing"]) == 2


def test_every_resource_of_both_clouds_has_a_place():
    import yaml

    for target, section in (("heat", "resources"), ("cloudformation", "Resources")):
        made = bpc.api.compile(SHOP, targets=(target,)).artifacts[target]
        assert set(yaml.safe_load(made.files["stack.yaml"])[section]) <= set(made.places)


def test_a_place_is_an_object_of_the_model():
    """Of each sample: the kind, name and member of each resource are those of something that the model has."""
    for sample in sorted((HERE.parent / "blueprints").glob("*/solution.bp")):
        for target in ("heat", "cloudformation"):
            result = bpc.api.compile(sample, targets=(target,))
            solution = result.solution
            known: dict[tuple[str, str], int] = {("solution", solution.name): 0}
            known |= {
                ("image", name): 0 for image in solution.images for name in (image.name, image.base and image.base.name)
            }
            for item in solution.resources:
                kind = {"Group": "tier"}.get(type(item).__name__, type(item).__name__.lower())
                name = f"{item.to.partition('.')[0]}.{item.endpoint}" if kind == "rule" else item.name
                known[kind, name] = getattr(getattr(item, "members", None), "count", 0)
                for volume in getattr(item, "volumes", ()):
                    known["volume", f"{name}.{volume.name}"] = item.members.count
            for resource, place in result.artifacts[target].places.items():
                assert (place.kind, place.name) in known, resource
                assert place.member is None or 0 <= place.member < known[place.kind, place.name], resource
    _, [disk] = bpc.api.where(SHOP, "VolumeDbXDataX0: no capacity")
    assert (disk.origin.kind, disk.origin.name, disk.origin.member) == ("volume", "db.data", 0)


def test_what_failed_by_itself_comes_first():
    """Not each resource's first event, nor what was cancelled because of another, nor the stack that sums it up."""
    events = [
        ("shop", "CREATE_FAILED", "The following resource(s) failed to create: [ReadyApp, VolumeDbXDataX0]."),
        ("ReadyApp", "CREATE_FAILED", "Resource creation cancelled"),
        ("VolumeDbXDataX0", "CREATE_FAILED", "You have exceeded your maximum gp3 storage limit"),
        ("VolumeDbXDataX0", "CREATE_IN_PROGRESS", ""),
        ("ReadyApp", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
    ]
    keys = ("LogicalResourceId", "ResourceStatus", "ResourceStatusReason")
    _, places = bpc.api.where(SHOP, json.dumps({"StackEvents": [dict(zip(keys, e, strict=True)) for e in events]}))
    assert [(place.resource, place.message.rpartition(": ")[2]) for place in places] == [
        ("VolumeDbXDataX0", "You have exceeded your maximum gp3 storage limit"),
        ("ReadyApp", "Resource creation cancelled"),
    ]
    lines = [
        "09:10:10Z [shop.network.back]: CREATE_IN_PROGRESS  state changed",
        "09:10:11Z [shop.tier.app]: CREATE_IN_PROGRESS  state changed",
        "09:12:01Z [shop.tier.app]: CREATE_FAILED  WaitConditionFailure: resources.tier.app.resources[1].resources.wait.0a497e02: exit code 7: out of disk",
        "09:12:02Z [shop.tier.web]: CREATE_FAILED  CREATE aborted (Task create from ResourceGroup cancelled)",
    ]
    _, places = bpc.api.where(SHOP, "\n".join(lines), targets=("heat",))
    assert [place.resource for place in places] == ["tier.app", "tier.web"]
    assert "out of disk" in places[0].message
