"""What a machine asks itself when first boot has run, before it says that it is ready: parts of the runner."""

from __future__ import annotations

from bpc.model.steps import Answers, Succeeds
from bpc.record import assert_never

UNTIL_READY = """
until_ready() {  # seconds that first boot may take, command: repeated until it succeeds, or a fifth of the time is left to tell why
  local within=$1 up now code
  shift
  up=$(seconds_up)
  local end=$((within * 4 / 5)) last=$((up + within / 10 + 1))
  [ "$end" -gt "$last" ] || end=$last
  while :; do
    code=0
    ( "$@" ) >@HOME@/answer 2>&1 || code=$?
    [ "$code" -ne 0 ] || break
    now=$(seconds_up)
    if [ "$now" -ge "$end" ]; then
      echo "not ready $now seconds after the machine's start; the last answer:"
      tail -n 20 @HOME@/answer
      return "$code"
    fi
    sleep 1
  done
  cat @HOME@/answer
}

seconds_up() {  # whole seconds since the machine's start
  local up
  read -r up _ </proc/uptime
  echo "${up%.*}"
}
"""
ASK = r"""
ask() {  # protocol, port, path, codes: whether an endpoint of this machine answers, on the loopback or any other of its addresses
  # shellcheck disable=SC2046
  python3 - "$@" 127.0.0.1 $(hostname -I 2>/dev/null || true) <<'ASK_END'
import http.client, socket, ssl, sys

protocol, port, path, codes, *addresses = sys.argv[1:]
said = []
for address in addresses:
    host = f"[{address}]" if ":" in address else address
    try:
        if not path:
            socket.create_connection((address, int(port)), 5).close()
            sys.exit()
        if protocol == "https":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # as a balancer: it is another name's
            site = http.client.HTTPSConnection(address, int(port), timeout=5, context=context)
        else:
            site = http.client.HTTPConnection(address, int(port), timeout=5)
        site.request("GET", path)
        answer = site.getresponse()
    except (OSError, http.client.HTTPException) as error:
        said.append(f"{protocol} at {host}:{port}{path}: {error}")
        continue
    bounds = [part.partition("-") for part in codes.split(",")]
    if any(int(first) <= answer.status <= int(last or first) for first, _, last in bounds):
        sys.exit()
    said.append(f"GET {protocol}://{host}:{port}{path} answered {answer.status} {answer.reason}, expected {codes}")
said.sort(key=lambda line: line.startswith("GET "))  # what answered is the last word
sys.exit("\n".join(said))
ASK_END
}
"""


def until_ready(home: str) -> str:
    """The function that repeats a command."""
    return UNTIL_READY.replace("@HOME@", home)


def seconds(duration: int) -> int:
    """Whole seconds of a duration, one at least."""
    return max(duration // 1000, 1)


def wanted(step: Answers | Succeeds) -> str:
    """What must be so, in a few words."""
    match step:
        case Answers(path=""):
            return f"{step.endpoint} must answer at port {step.port}"
        case Answers():
            return f"{step.endpoint} must answer {step.codes} to {step.protocol} at port {step.port}, {step.path}"
        case Succeeds():
            return f"{step.source} must succeed"
        case _:
            assert_never(step)
