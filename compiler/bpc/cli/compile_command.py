"""`bpc compile`: the stack of each target, written whole into a folder of its own."""

from __future__ import annotations

import os
import sys

from bpc.cli.main import Usage, settings
from bpc.cli.show import show
from bpc.diagnostics.base import errors
from bpc.driver import compile_blueprint
from bpc.files import write_folder
from bpc.target import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from bpc.target import Artifacts, Target


def run(options: argparse.Namespace) -> int:
    chosen = Options(flavors=flavors(options.flavors), limits=limits(options.limit))
    targets = tuple(load_target(name) for name in dict.fromkeys(options.target or ["heat"]))
    result = compile_blueprint(options.blueprint, targets, chosen, options.env, settings(options))
    if result.diagnostics or options.format != "text":
        show(result.diagnostics, options.format)
    if errors(result.diagnostics):
        return 1
    for name, artifacts in result.artifacts.items():
        folder = os.path.join(options.output, name)
        try:
            write_folder(folder, artifacts.files)
        except OSError as error:
            raise Usage(f"cannot write {folder}: {(error.strerror or str(error)).lower()}") from None
        if options.format == "text":
            tell(folder, artifacts)
    return 0


def load_target(name: str) -> Target:
    """A target by its name. Raises `Usage`."""
    from bpc_targets import NAMES, load

    if name not in NAMES:
        raise Usage(f'there is no target "{name}"; there are: {", ".join(NAMES)}')
    return load(name)


def tell(folder: str, artifacts: Artifacts) -> None:
    """What was written, what the user must provide, and how far the limits are."""
    print(f"wrote {folder}: {', '.join(sorted(artifacts.files))}")
    if artifacts.requirements:
        print("\nThe stack needs from outside:")
        for need in artifacts.requirements:
            print(f"  {need.parameter} = {need.value or '?'}: {need.kind}, {need.why}")
    for line in artifacts.headroom:
        print(f"  {line}")
    print(f"\nHow to deploy it: {os.path.join(folder, 'README.txt')}", file=sys.stdout)


def limits(pairs: list[str]) -> dict[str, int]:
    """`--limit` as a map. Raises `Usage`."""
    made = {}
    for text in pairs:
        name, _, number = text.partition("=")
        if not number.isdigit():
            raise Usage(f"--limit {text}: write NAME=NUMBER")
        made[name] = int(number)
    return made


def flavors(path: str | None) -> dict[str, dict[str, int]]:
    """A mapping file: name → cpu, memory and disk, sizes as in the language. Raises `Usage`."""
    if path is None:
        return {}
    import json

    try:
        with open(path, encoding="utf-8") as file:
            given = json.load(file)
        return {
            name: {"cpu": int(need["cpu"]), "memory": size(need["memory"]), "disk": size(need.get("disk", "0B"))}
            for name, need in given.items()
        }
    except OSError as error:
        raise Usage(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Usage(f'{path} is no mapping of flavors: {error}; see "bpc compile --help"') from None


def size(text: str) -> int:
    """Bytes of a size as the language writes it. Raises ValueError."""
    from bpc.vocabulary import SIZES

    unit = text.lstrip("0123456789")
    if unit not in SIZES or unit == text:
        raise ValueError(f"{text!r} is no size such as 4GiB")
    return int(text[: -len(unit)]) * SIZES[unit]
