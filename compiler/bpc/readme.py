"""How every README.txt begins: what the folder is of, and who made it."""

from __future__ import annotations

from bpc.quoting import visible, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.model.solution import Solution


def of_stack(solution: Solution) -> str:
    """The beginning of a stack's, without the line end."""
    rest = (
        "Everything in this folder is overwritten when you compile again: keep the blueprint in git, not this folder."
    )
    return f"{_heading(solution, solution.title)}. {rest}"


def environment(solution: Solution) -> str:
    """The option with which the solution was compiled for its environment, after a space; empty where it was for none."""
    return f" --env {word(solution.environment)}" if solution.environment else ""


def again(solution: Solution) -> str:
    """That a later compilation takes the options of this one, of which a solution remembers the environment."""
    said = environment(solution)
    return f" with the same options (here:{said})" if said else " with the same options (--env, --set)"


def of_images(solution: Solution) -> str:
    """The beginning of that of an image builder's folder, without the line end."""
    return f"{_heading(solution, f'Images of {solution.title}')}; overwritten when you compile again."


def _heading(solution: Solution, title: str) -> str:
    line = visible(title)
    return f"{line}\n{'=' * len(line)}\nMade by bpc {solution.compiler}"
