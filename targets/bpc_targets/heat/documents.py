"""What stands beside the templates: the environment file, the list of images, and how to deploy by hand."""

from __future__ import annotations

from bpc.deployment import Deployment, Rolled, awaited, kept, upload
from bpc.model.image_manifest import images_json
from bpc.model.resources import GIVEN, Fixed
from bpc.model.values import MemberAddressesHole
from bpc.quoting import prose, visible, word
from bpc.readme import again, by_hand, environment, of_stack
from bpc.yaml import scalar
from bpc_targets.heat.shapes import adds_first, largest
from bpc_targets.heat.stack import ATTEMPT
from bpc_targets.heat.userdata import alike

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from bpc.model.resources import Group
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
        rolled=tuple(_rolled(stack, group) for group in stack.index.groups.values()),
    )


def _rolled(stack: Stack, group: Group) -> Rolled:
    batch, waits, size = group.update.batch or 1, group.name in stack.awaited, largest(group)
    adds = waits and adds_first(group)
    least = size if isinstance(group.members, Fixed) else max(group.members.minimum, 1)
    each = (group.readiness.timeout if waits else 0) + group.update.pause
    return Rolled(
        tier=group.name,
        batch=size if adds else batch,
        minutes=-(-(1 if adds else -(-size // batch)) * each // 60_000),
        waits=waits,
        adds=adds,
        stops=not adds and 0 < least <= batch,
        spread=group.spread == "hosts",
        follows=_followed(stack, group),
    )


def _followed(stack: Stack, group: Group) -> tuple[str, ...]:
    """Tiers that scale, and whose members' addresses a tier is given: nobody knows when compiling how many there will be."""
    holes = [part.hole for part in stack.first_boots[alike(group)].text if not isinstance(part, str)]
    asked = {hole.group for hole in holes if isinstance(hole, MemberAddressesHole)}
    return tuple(sorted(name for name in asked if not isinstance(stack.index.groups[name].members, Fixed)))


def _environment(deployment: Deployment) -> str:
    """Every parameter with its value; one that has none is a comment, so that the client asks for it."""
    lines = [
        "# Parameters of the stack. bpc writes this file anew when you compile: other values go into a file of your own (README.txt).",
        "parameters:",
    ]
    for parameter in deployment.parameters:
        if parameter.name == ATTEMPT:
            continue  # given with one update: the stack keeps it
        if parameter.source == "secret":
            lines.append(f"  # {parameter.name}:   (a secret: README.txt says how it is handed over)")
        elif parameter.value is None:
            lines.append(f"  # {parameter.name}:   (has no default: give a value)")
        else:
            lines.append(f"  {scalar(parameter.name)}: {scalar(parameter.value)}")
    return "\n".join(lines) + "\n"


README = """{heading}

All commands are those of the stock client (python-openstackclient with python-heatclient). STACK is a name of your choice.

What the stack needs from outside (see environment.yaml)
{needs}

   Other values than those of environment.yaml: in a file of your own outside this folder, which bpc never writes. It has a line
   `parameters:`, and below it lines such as `  key_name: mine`. Compile with --params FILE: environment.yaml then has them.

1. The images, once (images.json lists what is in each; an image's name changes when its content does)
{images}

{secrets}2. Create
    openstack stack create --wait{creates}{handed} -e environment.yaml -t stack.yaml STACK

   Every machine reports when it is ready. If one fails, its exit code and what its log ends with are in the events, and the last lines
   of the log in the list of failures:
    openstack stack event list --nested-depth 3 STACK
    openstack stack failures list STACK

3. Look
    openstack stack output show --all STACK
    openstack stack resource list --nested-depth 3 STACK

{scaling}4. Update, after compiling again{again}
    openstack stack update --existing --wait{updates} -e environment.yaml -t stack.yaml STACK

   Another image, flavor, key pair, network or first boot is another machine. Volumes and their data stay. One update replaces
{rolled}
{follows}
   A machine that fails, or says nothing in time, ends the update, and its reason is in the events, as at creation; machines that were not
   reached are as they were. Correct the blueprint, compile it, and update again, always with --existing: it keeps the files that these
   machines were made from. Where the blueprint was right, and a server elsewhere was away: look for the machine's stack and
   handle, mark it, and update again; only what failed is made anew.
    openstack stack resource list --nested-depth 3 --filter status=FAILED STACK
    openstack stack resource mark unhealthy STACK_OF_THE_MACHINE handle.NUMBER

   To go back, compile the earlier blueprint, and update with a word that you have not used before, so that machines go one batch
   after the other again (--rollback would replace a tier's machines together, or leave some of each version):
    openstack stack update --existing --wait{updates} --parameter attempt=WORD -e environment.yaml -t stack.yaml STACK

   A value that is given only here, in a file of yours behind another -e, and not to bpc, replaces machines batch by batch without waiting
   for them. (Of a value that environment.yaml has, --parameter changes nothing.)

5. Delete
    openstack stack delete --yes --wait STACK
{kept}"""


BUILT = """   `sudo bpc build{environment}` makes them beside the blueprint, in out/images, or `bpc compile --images packer` says how Packer does."""
SECRETS = """   Secrets that are given ({secrets}): each is in a file of yours that nobody else may read, which can have several lines,
   {most:,} characters at most. They are handed to the client when the stack is created, and are never written here; bpc takes no
   value for them, not even with --params. An update with --existing keeps them; one that gives another value,
   with the same option, replaces the machines that have it. A secret that an update brings anew is given with that update.

"""
SCALING = """   Tiers scale by themselves only where the parameter telemetry is true: the cloud must have Aodh and Gnocchi. By hand, with the address
   of an output bpc_scale_..., which takes a token of your project:
    curl -X POST -H "X-Auth-Token: $(openstack token issue -f value -c id)" ADDRESS

"""


def _readme(solution: Solution, deployment: Deployment) -> str:
    upload = "    openstack image create --disk-format qcow2 --container-format bare --property hw_architecture={1}"
    upload += " --file ../images/{0}.qcow2 {0}"
    images = [upload.format(word(image.image), image.architecture) for image in deployment.uploads]
    stays = ", ".join(f"{item.volume} of tier {item.tier}" for item in deployment.kept)
    secrets = [item.name for item in deployment.parameters if item.source == "secret"]
    return README.format(
        heading=of_stack(solution) + by_hand(solution, "heat"),
        needs="\n".join(
            f"    {n.name} = {'?' if n.value is None else visible(str(n.value))}  ({n.kind}, {prose(n.why)})"
            for n in deployment.needs
        ),
        images="\n".join([BUILT.format(environment=environment(solution)), *images])
        if images
        else "    (none: ready images are used)",
        secrets=SECRETS.format(secrets=", ".join(secrets), most=GIVEN) if secrets else "",
        handed="".join(f" --parameter-file {name}=FILE" for name in secrets),
        scaling=SCALING if any(asked.name == "telemetry" for asked in deployment.parameters) else "",
        again=again(solution),
        creates=_timeout(sum(item.timeout for item in deployment.awaited) // 60_000),
        updates=_timeout(sum(item.minutes for item in deployment.rolled)),
        rolled="\n".join(f"    {item.tier}: {_how(item)}" for item in deployment.rolled),
        follows=_follows(deployment.rolled),
        kept=f"   These volumes stay, with their data: {stays}.\n" if stays else "   Nothing stays.\n",
    )


LONG = 60
"""Minutes after which Heat gives up an action, where it is not told otherwise."""


def _timeout(minutes: int) -> str:
    """The option for an action that may take longer than Heat allows by itself."""
    return f" --timeout {minutes}" if minutes > LONG else ""


def _how(item: Rolled) -> str:
    """How an update replaces a tier's machines, in words."""
    if item.adds:
        return "new ones are made beside the old, which go when the new ones are ready: twice the room for a while"
    words = f"{item.batch} at a time"
    words += (
        ", ready before the next"
        if item.waits
        else ", without waiting until they are ready: look at them before you go on"
    )
    if item.stops:
        words += "; none is in service until then"
    if item.spread:
        words += "; needs a host without a machine of the tier"
    return words


def _follows(items: Sequence[Rolled]) -> str:
    lines = (
        f"   {item.tier} has the addresses of {' and '.join(item.follows)}: where those have scaled since, an update replaces "
        f"{item.tier}'s machines, too,\n   without waiting until they are ready."
        for item in items
        if item.follows
    )
    return "".join(f"\n{line}\n" for line in lines)
