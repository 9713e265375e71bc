"""`bpc compile`: the stack of each target, written whole into a folder of its own."""

from __future__ import annotations

import os
import sys

from bpc import Usage, api
from bpc.cli.main import settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from bpc.target import Artifacts


def run(options: argparse.Namespace) -> int:
    result = api.compile(
        options.blueprint,
        targets=options.target or None,
        images=options.images,
        environment=options.env,
        settings=settings(options),
        flavors=flavors(options.flavors) if options.flavors else None,
        limits=limits(options.limit),
        options=options.options,
    )
    if result.diagnostics or options.format != "text":
        from bpc.cli.show import show

        show(result.diagnostics, options.format)
    if not result.ok:
        return 1
    try:
        folders = api.write(result, options.output)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Usage(f"cannot write into {options.output}: {reason}; what was there is as it was") from None
    if options.format == "text":
        for name, folder in folders.items():
            tell(folder, result.artifacts[name])
    return 0


def tell(folder: str, artifacts: Artifacts) -> None:
    """What was written, what the user must provide, and how far the limits are."""
    print(f"wrote {folder}: {', '.join(sorted(artifacts.files))}")
    if artifacts.deployment and artifacts.deployment.needs:
        print("\nThe stack needs from outside:")
        for need in artifacts.deployment.needs:
            print(f"  {need.name} = {'?' if need.value is None else need.value}: {need.kind}, {need.why}")
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


def flavors(path: str) -> dict[str, dict[str, int | str]]:
    """What a mapping file says; `api.compile` looks whether it is one. Raises `Usage`."""
    import json

    try:
        with open(path, encoding="utf-8") as file:
            given: dict[str, dict[str, int | str]] = json.load(file)
    except OSError as error:
        raise Usage(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise Usage(f"{path} is no JSON: {error}") from None
    return given
