"""What stands beside the templates: the environment file, the list of images, and how to deploy by hand."""

from __future__ import annotations

from bpc.model.listing import images_json
from bpc.model.steps import ReadyImage
from bpc.quoting import prose, visible, word
from bpc.target import Requirement
from bpc.yaml import scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc_targets.heat.stack import Stack


def files(stack: Stack) -> dict[str, str]:
    return {
        "environment.yaml": _environment(stack),
        "images.json": images_json(stack.solution),
        "README.txt": _readme(stack),
    }


def requirements(stack: Stack) -> tuple[Requirement, ...]:
    """What must exist before the stack is created."""
    needs = [Requirement(kind="network", parameter="external_network", value="public", why="leads outside")]
    for image in stack.solution.images:
        tiers = [group for group in stack.groups.values() if group.image == image.name]
        names = ", ".join(group.name for group in tiers)
        parameter = f"image_{stack.tier(tiers[0].name)}"
        needs.append(Requirement(kind="image", parameter=parameter, value=image.name, why=f"for tier {names}"))
    for group in stack.groups.values():
        parameter = f"flavor_{stack.tier(group.name)}"
        value = str(stack.values[parameter])
        why = f"for tier {group.name}"
        if group.name in stack.lacking:
            why += f": {stack.lacking[group.name]}"
        needs.append(Requirement(kind="flavor", parameter=parameter, value=value, why=why))
    for param in stack.solution.params:
        if param.default is None:
            needs.append(Requirement(kind="value", parameter=param.name, value="", why=param.doc or "no default"))
    return tuple(needs)


def _environment(stack: Stack) -> str:
    """Every parameter with its value; one that has none is a comment, so that the client asks for it."""
    lines = ["# Parameters of the stack: change them here; bpc writes this file anew when you compile.", "parameters:"]
    for name in stack.parameters:
        if name in stack.values:
            lines.append(f"  {scalar(name)}: {scalar(stack.values[name])}")
        else:
            lines.append(f"  # {name}:   (has no default: give a value)")
    return "\n".join(lines) + "\n"


README = """{title}
{rule}
Made by bpc {compiler}. Everything in this folder is overwritten when you compile again: keep the blueprint in git, not this folder.

All commands are those of the stock client (python-openstackclient with python-heatclient). STACK is a name of your choice.

What the stack needs from outside (see environment.yaml)
{needs}

1. The images, once (images.json lists what is in each; an image's name changes when its content does)
{images}

2. Create
    openstack stack create --wait -e environment.yaml -t stack.yaml STACK

   Every machine reports when it is ready. If one fails, its exit code and the last lines of its log are in the events:
    openstack stack event list --nested-depth 3 STACK
    openstack stack failures list STACK

3. Look
    openstack stack output show --all STACK
    openstack stack resource list --nested-depth 3 STACK

4. Update, after compiling again
    openstack stack update --wait -e environment.yaml -t stack.yaml STACK

5. Delete
    openstack stack delete --yes --wait STACK
{kept}"""


def _readme(stack: Stack) -> str:
    solution = stack.solution
    title = visible(f"{solution.name} {solution.version}") + (
        f" ({solution.environment})" if solution.environment else ""
    )
    built = [image for image in solution.images if not isinstance(image.origin, ReadyImage)]
    upload = "    openstack image create --disk-format qcow2 --container-format bare --property hw_architecture={1}"
    upload += " --file {0}.qcow2 {0}"
    kept = [f"{v.name} of tier {g.name}" for g in stack.groups.values() for v in g.volumes if v.keep]
    return README.format(
        title=title,
        rule="=" * len(title),
        compiler=solution.compiler,
        needs="\n".join(
            f"    {n.parameter} = {visible(n.value) or '?'}  ({n.kind}, {prose(n.why)})" for n in requirements(stack)
        ),
        images="\n".join(upload.format(word(image.name), stack.architectures[image.name]) for image in built)
        or "    (none: ready images are used)",
        kept=f"   These volumes stay, with their data: {', '.join(kept)}.\n" if kept else "   Nothing stays.\n",
    )
