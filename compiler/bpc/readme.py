"""How every README.txt begins: what the folder is of, and who made it."""

from __future__ import annotations

from bpc.model.resources import Group, Native, Override
from bpc.model.steps import Repository
from bpc.quoting import visible, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bpc.model.solution import Solution

BY_HAND = "From files in the cloud's own terms, at your own risk (bpc fills in values and ids, and judges nothing else in them)"


def of_stack(solution: Solution) -> str:
    """The beginning of a stack's, without the line end."""
    rest = (
        "Everything in this folder is overwritten when you compile again: keep the blueprint in git, not this folder."
    )
    return f"{_heading(solution, solution.title)}. {rest}{_vendors(solution)}"


def by_hand(solution: Solution, cloud: str) -> str:
    """What is in a stack from files in the cloud's own terms; nothing where there are none."""
    lines = [*_natives(solution, cloud), *_overrides(solution, cloud)]
    return f"\n\n{BY_HAND}\n" + "\n".join(lines) if lines else ""


def _natives(solution: Solution, cloud: str) -> Iterator[str]:
    for item in solution.resources:
        if isinstance(item, Native):
            for file in item.files:
                if file.cloud == cloud and file.name:
                    yield f"    {visible(file.name)}: native {item.name}, resources: {len(file.resources)}"


def _overrides(solution: Solution, cloud: str) -> Iterator[str]:
    for item in solution.resources:
        if isinstance(item, Override) and item.file.cloud == cloud:
            yield f"    {visible(item.file.name)}: properties of {visible(item.name)}, which bpc would set otherwise"


def environment(solution: Solution) -> str:
    """The option with which the solution was compiled for its environment, after a space; empty where it was for none."""
    return f" --env {word(solution.environment)}" if solution.environment else ""


def again(solution: Solution) -> str:
    """That a later compilation takes the options of this one, of which a solution remembers the environment."""
    said = environment(solution)
    return f" with the same options (here:{said})" if said else " with the same options (--env, --set)"


def of_images(solution: Solution) -> str:
    """The beginning of that of an image builder's folder, without the line end."""
    return (
        f"{_heading(solution, f'Images of {solution.title}')}; overwritten when you compile again.{_vendors(solution)}"
    )


def _vendors(solution: Solution) -> str:
    """Where packages come from besides the release, and whose signature is taken for it; empty where nowhere else."""
    steps = [step for image in solution.images for layer in image.layers for step in layer.steps]
    steps += [step for thing in solution.resources if isinstance(thing, Group) for step in thing.first_boot]
    lines = [
        f"    {step.name}: {step.url}, signed by {', '.join(step.fingerprints)} ({visible(step.source)})\n"
        for step in steps
        if isinstance(step, Repository)
    ]
    if not lines:
        return ""
    head = "Besides the release, packages come from here. Compare the fingerprints with those that the vendors publish:"
    return f"\n\n{head}\n\n{''.join(dict.fromkeys(lines))}".rstrip("\n")


def _heading(solution: Solution, title: str) -> str:
    line = visible(title)
    return f"{line}\n{'=' * len(line)}\nMade by bpc {solution.compiler}"
