"""The driver's values: files are a disk or an editor's buffers; a blueprint is read and analysed once for all that is chosen."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bpc.driver import Blueprint, build_model, check_blueprint
from bpc.files import Buffers, Project

SHOP = Path(__file__).parent.parent / "blueprints" / "shop"


class Counted:
    """Files, and how often each was read."""

    def __init__(self, below):
        self.below, self.reads = below, []

    def read(self, name):
        self.reads.append(name)
        return self.below.read(name)


def test_an_editors_buffer_wins_over_the_disk():
    disk = (SHOP / "solution.bp").read_text()
    files = Buffers({"solution.bp": disk.replace('version = "1.4.0"', 'version = "9.9.9"')}, Project(str(SHOP)))
    assert build_model(str(SHOP / "solution.bp"), files=files).solution.version == "9.9.9"
    assert build_model(str(SHOP / "solution.bp")).solution.version == "1.4.0"


def test_an_editors_buffer_of_a_file_that_is_only_named_wins_too():
    name = "files/upstream.conf.j2"
    files = Buffers({name: "{{ upstream.hsot }}"}, Project(str(SHOP)))
    [found] = check_blueprint(str(SHOP / "solution.bp"), files=files).diagnostics
    assert (found.span.source.name, found.code) == (name, "BPC204")


def test_a_file_that_stands_only_in_a_buffer_can_be_imported(tmp_path):
    texts = {
        "solution.bp": 'blueprint 1\nimport "new.bp" as new\nsolution s {\n  version = "1"\n  network n { cidr = "10.0.0.0/24" }\n'
        "  tier t { image = new.base, network = n }\n}\n",
        "new.bp": 'blueprint 1\nimage base { from = debian("12") }\n',
    }
    result = build_model(str(tmp_path / "solution.bp"), files=Buffers(texts, Project(str(tmp_path))))
    assert result.ok, result.diagnostics


def test_each_file_is_read_once_for_all_environments():
    files = Counted(Project(str(SHOP)))
    assert check_blueprint(str(SHOP / "solution.bp"), files=files).ok
    assert sorted(files.reads) == sorted(set(files.reads))


def test_environments_share_all_but_the_lowering_and_have_the_model_they_have_alone():
    shared = Blueprint(str(SHOP / "solution.bp"))
    for environment in ("production", "", "test", "production"):
        alone = build_model(str(SHOP / "solution.bp"), environment)
        assert shared.solve(environment).model == alone.model


def test_an_environment_that_says_nothing_is_not_lowered_again(tmp_path):
    said = 'blueprint 1\nimage base { from = debian("12") }\nsolution s {\n  version = "1"\n  network n { cidr = "10.0.0.0/24" }\n'
    said += "  tier t { image = base, network = n }\n"
    said += "".join(f"  environment e{number} {{}}\n" for number in range(3000)) + "}\n"
    (tmp_path / "solution.bp").write_text(said)
    opened = Blueprint(str(tmp_path / "solution.bp"))
    assert list(opened.environments) == []
    result = check_blueprint(str(tmp_path / "solution.bp"))
    assert result.ok
    assert len(result.solution.environments) == 3000


def test_a_result_says_which_files_it_rests_on():
    result = build_model(str(SHOP / "solution.bp"))
    assert {"solution.bp", "images.bp", "files/upstream.conf.j2"} <= set(result.inputs)
    assert result.inputs == {
        name: hashlib.sha256((SHOP / name).read_bytes()).hexdigest() for name in sorted(result.inputs)
    }
    wrong = build_model(str(SHOP / "solution.bp"), settings={"app_servers": "many"})
    assert not wrong.ok and "images.bp" in wrong.inputs


def test_what_an_image_was_resolved_to_is_a_part_of_its_name():
    blueprint = Blueprint(str(SHOP / "solution.bp"))
    floating = images(blueprint.solve())
    name, digest = next(iter(floating.items()))
    one, other = (images(blueprint.solve(lock={digest: resolved})) for resolved in ("1", "2"))
    assert len(one) == len(floating) and len({name} & one.keys() | {name} & other.keys()) == 0
    assert [n for n in one if n not in floating] != [n for n in other if n not in floating]
    assert floating.keys() - {name} <= one.keys()
    assert images(blueprint.solve(lock={"of no image": "1"})) == floating


def images(result):
    return {image.name: image.digest for image in result.solution.images}
