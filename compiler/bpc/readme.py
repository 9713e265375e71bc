"""How every README.txt begins: what the folder is of, and who made it."""

from __future__ import annotations

from bpc.model.resources import Group
from bpc.model.steps import Repository
from bpc.quoting import visible, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.model.solution import Solution


def of_stack(solution: Solution) -> str:
    """The beginning of a stack's, without the line end."""
    rest = (
        "Everything in this folder is overwritten when you compile again: keep the blueprint in git, not this folder."
    )
    return f"{_heading(solution, solution.title)}. {rest}{_vendors(solution)}"


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
