"""`bpc compile`: the stack of each target, written whole into a folder of its own."""

from __future__ import annotations

import os
import sys

from bpc import UsageError, api
from bpc.cli.main import settings
from bpc.quoting import prose, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bpc.deployment import Rolled
    from bpc.target import Artifacts


DIGITS = 18
"""Digits of the largest limit, as of numbers in the language."""


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
        parameters=parameters(options.params) if options.params else None,
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
        raise UsageError(f"cannot write into {options.output}: {reason}; existing output is unchanged") from None
    if options.format == "text":
        for name, folder in folders.items():
            tell(folder, result.artifacts[name])
    return 0


def tell(folder: str, artifacts: Artifacts) -> None:
    """What was written, what the user must provide, and how far the limits are."""
    print(visible(f"wrote {folder}: {', '.join(sorted(artifacts.files))}"))
    if artifacts.deployment and artifacts.deployment.needs:
        print("\nThe stack needs from outside:")
        for need in artifacts.deployment.needs:
            value = "?" if need.value is None else visible(str(need.value))
            print(f"  {need.name} = {value}: {need.kind}, {prose(need.why)}")
    if artifacts.deployment:
        updates(artifacts.deployment.rolled)
    for line in artifacts.headroom:
        print(visible(f"  {line}"))
    print(f"\nHow to deploy it: {visible(os.path.join(folder, 'README.txt'))}", file=sys.stdout)


def updates(tiers: Sequence[Rolled]) -> None:
    """What an update does to tiers that nobody would expect."""
    stopped = [item.tier for item in tiers if item.stops]
    told = [f"Not in service while an update replaces their machines: {', '.join(stopped)}"] if stopped else []
    told += [
        f"Replaced without waiting by an update after {' or '.join(item.follows)} has scaled: {item.tier}"
        for item in tiers
        if item.follows
    ]
    if told:
        print("", *told, "", sep="\n")


def limits(pairs: list[str]) -> dict[str, int]:
    """`--limit` as a map. Raises `UsageError`."""
    made = {}
    for text in pairs:
        name, _, number = text.partition("=")
        if not (number.isascii() and number.isdigit() and len(number) <= DIGITS):
            raise UsageError(f"--limit {text}: write NAME=NUMBER")
        made[name] = int(number)
    return made


def parameters(path: str) -> dict[str, str | int | float | bool]:
    """The values of a file in the form that Heat's client takes. Raises `UsageError`."""
    import yaml

    from bpc.files import ReadError, read_given

    try:
        given = yaml.safe_load(read_given(path))
    except ReadError as error:
        raise UsageError(f"cannot read {path}: {error.reason}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{path} is not valid YAML: {reason}") from None
    values = given.get("parameters") if isinstance(given, dict) else None
    if not isinstance(values, dict):
        raise UsageError(
            f"{path} has no map `parameters`: write `parameters:`, and below it lines such as `  key_name: mine`"
        )
    for name, value in values.items():
        if not isinstance(name, str) or not isinstance(value, str | int | float | bool):
            raise UsageError(f"{path}: expected a text, number or boolean for {name}, found {type(value).__name__}")
    return values


def flavors(path: str) -> dict[str, dict[str, int | str]]:
    """What a mapping file says; `api.compile` looks whether it is one. Raises `UsageError`."""
    import json

    from bpc.files import ReadError, read_given

    try:
        given: dict[str, dict[str, int | str]] = json.loads(read_given(path))
    except ReadError as error:
        raise UsageError(f"cannot read {path}: {error.reason}") from None
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply") from None
    except ValueError as error:
        raise UsageError(f"{path} is not valid JSON: {error}") from None
    return given
