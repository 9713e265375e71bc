"""What stands beside the templates: the environment file, the list of images, and how to deploy by hand."""

from __future__ import annotations

from bpc.deployment import Deployment, awaited, kept, upload
from bpc.model.image_manifest import images_json
from bpc.quoting import prose, visible, word
from bpc.readme import again, environment, of_stack
from bpc.yaml import scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bpc.model.solution import Solution
    from bpc_targets.heat.stack import Stack


def files(stack: Stack, deployment: Deployment) -> dict[str, str]:
    return {
        "environment.yaml": _environment(deployment),
        "images.json": images_json(stack.index),
        "README.txt": _readme(stack.solution, deployment),
    }


def deployment(stack: Stack) -> Deployment:
    """What it takes to deploy the stack."""

    def parameter(tier: str) -> str:
        return f"image_{stack.tier(tier)}"

    return Deployment(
        template="stack.yaml",
        parameters=tuple(stack.asked.values()),
        uploads=tuple(upload(stack.index, image, parameter) for image in stack.index.built),
        phases=(),
        awaited=awaited(stack.index),
        kept=kept(stack.index),
    )


def _environment(deployment: Deployment) -> str:
    """Every parameter with its value; one that has none is a comment, so that the client asks for it."""
    lines = [
        "# Parameters of the stack. bpc writes this file anew when you compile: other values go into a file of your own (README.txt).",
        "parameters:",
    ]
    for parameter in deployment.parameters:
        if parameter.value is None:
            lines.append(f"  # {parameter.name}:   (has no default: give a value)")
        else:
            lines.append(f"  {scalar(parameter.name)}: {scalar(parameter.value)}")
    return "\n".join(lines) + "\n"


README = """{heading}

All commands are those of the stock client (python-openstackclient with python-heatclient). STACK is a name of your choice.

What the stack needs from outside (see environment.yaml)
{needs}

   Other values than those of environment.yaml: in a file of your own outside this folder, which bpc never writes. It has a line
   `parameters:`, and below it lines such as `  key_name: mine`. Give it as one more -e after the first, at each create and update.

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

{scaling}4. Update, after compiling again{again}
    openstack stack update --wait -e environment.yaml -t stack.yaml STACK

   It ends when the cloud has made what is new. Machines that it replaces report nothing: look at them before you go on.

5. Delete
    openstack stack delete --yes --wait STACK
{kept}"""


BUILT = """   `sudo bpc build{environment}` makes them beside the blueprint, in out/images, or `bpc compile --images packer` says how Packer does."""
SCALING = """   Tiers scale by themselves only where the parameter telemetry is true: the cloud must have Aodh and Gnocchi. By hand, with the address
   of an output bpc_scale_..., which takes a token of your project:
    curl -X POST -H "X-Auth-Token: $(openstack token issue -f value -c id)" ADDRESS

"""


def _readme(solution: Solution, deployment: Deployment) -> str:
    upload = "    openstack image create --disk-format qcow2 --container-format bare --property hw_architecture={1}"
    upload += " --file ../images/{0}.qcow2 {0}"
    images = [upload.format(word(image.image), image.architecture) for image in deployment.uploads]
    stays = ", ".join(f"{item.volume} of tier {item.tier}" for item in deployment.kept)
    return README.format(
        heading=of_stack(solution),
        needs="\n".join(
            f"    {n.name} = {'?' if n.value is None else visible(str(n.value))}  ({n.kind}, {prose(n.why)})"
            for n in deployment.needs
        ),
        images="\n".join([BUILT.format(environment=environment(solution)), *images])
        if images
        else "    (none: ready images are used)",
        scaling=SCALING if any(asked.name == "telemetry" for asked in deployment.parameters) else "",
        again=again(solution),
        kept=f"   These volumes stay, with their data: {stays}.\n" if stays else "   Nothing stays.\n",
    )
