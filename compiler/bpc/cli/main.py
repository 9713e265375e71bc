"""The command line: one parser, one small module per command, and what happens when something ends early.

Exit codes: 0 fine, 1 the blueprint is wrong, 2 usage (also: the output cannot be written), 3 a bug of bpc;
as everywhere 130 after Ctrl-C, and 141 where whoever read the output left before its end.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import sys

from bpc import UsageError
from bpc.quoting import lines
from bpc.version import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from _typeshed import SupportsWrite

    Command = Callable[[argparse.Namespace], int]

EPILOG = """examples:
  bpc new shop                                     a working project from a sample
  bpc check solution.bp --target heat              all mistakes, every environment, and what Heat refuses
  bpc compile solution.bp --target heat            a stack for OpenStack, in out/heat
  bpc compile solution.bp --env production --set app_servers=5
  bpc build                                        the missing images, in out/images
  bpc model solution.bp                            the solution as JSON, for other tools
  bpc explain BPC401                               the manual page of a diagnostic
  bpc where --events events.json                   the blueprint lines for a failed stack's events, of either cloud
  bpc explain web --env test                       what is in a tier's image, what at first boot, and why
"""


class Parser(argparse.ArgumentParser):
    """Shows what was given as it shows any other text."""

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        super()._print_message(lines(message), file)


def parser() -> argparse.ArgumentParser:
    """The whole command line; shell completion is generated from it."""
    top = Parser(
        prog="bpc",
        description="Compiles the blueprint of a whole solution to orchestration stacks.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"bpc {VERSION}")
    commands = top.add_subparsers(dest="command", metavar="command", required=True)
    check = commands.add_parser("check", help="find all mistakes, in every environment")
    _blueprint(check)
    _stacks(check, "also what this stack target refuses (see `bpc targets`); may be repeated; default: none")
    _compile(commands)
    _build(commands)
    model = commands.add_parser("model", help="print the cloud-neutral model as JSON")
    _blueprint(model)
    model.add_argument("--schema", action="store_true", help="print the JSON Schema of the model instead")
    _where(commands)
    _explain(commands)
    commands.add_parser("targets", help="print what each target supports")
    new = commands.add_parser("new", help="make a working project from a sample")
    new.add_argument("folder", nargs="?", default=".")
    new.add_argument("--sample", default="shop", help="which sample (default: shop); `bpc new --list` lists them")
    new.add_argument("--list", action="store_true", help="list the samples")
    completion = commands.add_parser("completion", help="print a completion script for a shell")
    completion.add_argument("shell", choices=["bash", "zsh", "fish"])
    return top


def _compile(commands: argparse._SubParsersAction[Parser]) -> None:
    command = commands.add_parser("compile", help="write the stack of each target")
    _blueprint(command)
    _stacks(command, "stack target (see `bpc targets`); may be repeated; default: heat")
    command.add_argument(
        "--images",
        action="append",
        default=[],
        metavar="NAME",
        help="image target, for build specs beside the stack, or imagebuilder: the stack makes them; may be repeated; default: none",
    )
    command.add_argument(
        "-o",
        "--output",
        default="out",
        metavar="DIR",
        help="output folder, with one folder for each target (default: out)",
    )
    command.add_argument(
        "--flavors",
        metavar="FILE",
        help='JSON: {"m1.small": {"cpu": 1, "memory": "2GiB", "disk": "20GiB"}, ...}, also with "architecture"',
    )
    command.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=N",
        help="a cloud's own limit, for example resources=5000; may be repeated",
    )
    _own(command)


def _build(commands: argparse._SubParsersAction[Parser]) -> None:
    command = commands.add_parser("build", help="build the missing images with mkosi")
    command.add_argument("tier", nargs="*", help="only the images of these tiers")
    command.add_argument("--blueprint", default="solution.bp", help="the file with the solution (default: solution.bp)")
    _choices(command)
    command.add_argument(
        "-o", "--output", default="out", metavar="DIR", help="output folder; images go into DIR/images (default: out)"
    )
    command.add_argument(
        "--image-format", action="append", default=[], choices=["qcow2", "raw"], help="may be repeated; default: qcow2"
    )
    command.add_argument(
        "--rebuild",
        action="store_true",
        help="also the images that exist, and their base: with the packages of today",
    )
    command.add_argument("--explain", action="store_true", help="print for each image why it must or need not be built")
    command.add_argument(
        "--get-mkosi", action="store_true", help="on Debian: put mkosi and its tools into a cache folder"
    )


def _where(commands: argparse._SubParsersAction[Parser]) -> None:
    command = commands.add_parser("where", help="find the blueprint lines for a cloud's error message or events")
    command.add_argument("text", nargs="*", help="the message; default: standard input, unless --events is given")
    command.add_argument(
        "--events", metavar="FILE", help="a saved list of events: JSON or text of either cloud's client"
    )
    command.add_argument("--blueprint", default="solution.bp", help="the file with the solution (default: solution.bp)")
    command.add_argument(
        "--target", action="append", default=[], metavar="NAME", help="whose stack it is; may be repeated; default: all"
    )
    _choices(command, formats=("text", "json"))


def _explain(commands: argparse._SubParsersAction[Parser]) -> None:
    command = commands.add_parser(
        "explain",
        help="print the manual page of a diagnostic, or what a tier's image contains, what first boot does, and why",
    )
    command.add_argument(
        "name", nargs="?", help="a code such as BPC401, or a tier of the blueprint; default: all codes"
    )
    command.add_argument("--blueprint", default="solution.bp", help="the file with the solution (default: solution.bp)")
    _choices(command, formats=("text", "json"))
    command.add_argument("--flavors", metavar="FILE", help="JSON: the cloud's machine types, as for `compile`")


def _blueprint(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "blueprint", nargs="?", default="solution.bp", help="the file with the solution (default: solution.bp)"
    )
    _choices(command)


def _stacks(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--target", action="append", default=[], metavar="NAME", help=what)


def _own(command: argparse.ArgumentParser) -> None:
    """The options that only some targets have."""
    from bpc_targets import STACKS

    for entry in STACKS:
        for option in entry.options:
            if option.kind == "flag":
                text = f"{option.doc} ({entry.name})"
                command.add_argument(
                    f"--{option.name}", action="append_const", const=option.name, default=[], dest="options", help=text
                )
            elif option.kind == "values":
                command.add_argument(f"--{option.name}", metavar="FILE", help=f"{option.doc} ({entry.name})")


def _choices(command: argparse.ArgumentParser, formats: Sequence[str] = ("text", "json", "sarif")) -> None:
    command.add_argument("--env", default="", metavar="NAME", help="an environment of the solution")
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value for a `let`, or another default for a `param`; may be repeated",
    )
    help = "format of the diagnostics" if "sarif" in formats else "format of the output"
    command.add_argument("--format", choices=formats, default="text", help=help)


def load(name: str) -> Command:
    """The command's function; its module is imported only now."""
    from importlib import import_module

    run: Command = import_module(f"bpc.cli.{name}_command").run
    return run


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code and never raises for a user's mistake."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # whatever is printed, and whatever a terminal can show
    gc.disable()  # a compilation ends soon and makes hardly a cycle: collecting costs a third of its time
    atexit.register(gc.freeze)  # and Python's own last collection, a tenth
    try:
        try:
            options = parser().parse_args(arguments)
            return load(options.command)(options)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # what cannot be printed fails here, not after the exit code is given
    except UsageError as error:
        print(f"bpc: {lines(str(error))}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        _print_no_more()
        return 141
    except KeyboardInterrupt:
        print("bpc: interrupted; existing output is unchanged", file=sys.stderr)
        return 130
    except OSError as error:
        return _bug() if error.filename is not None else _cannot_print(error)
    except Exception:  # the last resort: a bug of ours, reported as one
        return _bug()


def _print_no_more() -> None:
    """The standard streams lead nowhere from here on, so that Python's own last flush cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)


def _cannot_print(error: OSError) -> int:
    """Only a stream's errors name no file: the disk that the standard output goes to is full, for example."""
    import contextlib

    with contextlib.suppress(OSError):
        print(f"bpc: cannot print: {(error.strerror or str(error)).lower()}", file=sys.stderr, flush=True)
    _print_no_more()
    return 2


def _bug() -> int:
    import traceback

    print(lines(traceback.format_exc()), end="", file=sys.stderr)
    print(
        f"\nbpc {VERSION} failed: this is a bug of bpc, not of your blueprint.\n"
        "Please report it with the lines above and, if you can, the blueprint that caused it.",
        file=sys.stderr,
    )
    return 3


def settings(options: argparse.Namespace) -> dict[str, str]:
    """`--set` as a map. Raises `UsageError`."""
    pairs = {}
    for text in options.set:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--set {text}: write NAME=VALUE")
        pairs[name] = value
    return pairs
