"""A stranger's blueprint is built: its steps try to get out, in a real build, and the host is as it was.

Each attempt writes a line into a file of the image, which is read from the image afterwards. The base is built once (BPC_IMAGES).
"""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from test_faults import with_base
from test_identical import tree

pytestmark = pytest.mark.images

ATTEMPTS = {
    "the environment of the machine's process 1": "tr '\\0' '\\n' </proc/1/environ | grep -q BPC_TEST_SECRET",
    "an environment of any process": "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -q BPC_TEST_SECRET",
    "a process of the machine": "grep -qs left-on-the-machin[e] /proc/[0-9]*/cmdline",
    "killing processes": "kill -9 @PID@",
    "a setting of the kernel": "echo x >/proc/sys/kernel/core_pattern",
    "a setting of the kernel, mounted anew": "mkdir -p /p && mount -t proc p /p && echo x >/p/sys/kernel/core_pattern",
    "the kernel's settings made writable": "mount -o remount,rw /proc/sys && echo x >/proc/sys/kernel/core_pattern",
    "sysrq": "echo h >/proc/sysrq-trigger && [ ! -c /proc/sysrq-trigger ]",
    "a disk's node": "mknod /disk b 8 0",
    "a node for memory": "mknod /mem c 1 1",
    "mounting a disk": "mount -t ext4 @DISK@ /mnt",
    "sysfs": "mount -t sysfs s /mnt && echo x >/mnt/kernel/uevent_helper",
    "the time": "date -s 2001-01-01",
    "the host's name": '[ "$(hostname)" = "@HOSTNAME@" ]',
    "a module": "modprobe dummy",
    "the project": "ls -d @PROJECT@/solution.bp || find / -xdev -name solution.bp | grep -q .",
    "writing to the project, by the root of process 1": "touch /proc/1/root@PROJECT@/x",
    "a file outside": "cat @SECRET@ || cat /proc/1/root@SECRET@ || cat /proc/1/cwd/../../../..@SECRET@",
    "another job's folders": "ls /proc/1/root/bpc/work /proc/1/root/bpc/run-0",
    "the base": "f=$(ls -d /proc/1/root/bpc/out/*.tree) && touch $f/x",
    "the base, made writable": "f=$(ls -d /proc/1/root/bpc/out/*.tree) && mount -o remount,rw,bind $f && touch $f/x",
    "the specs": "touch /proc/1/root/bpc/spec/x || echo x >>/proc/1/root/bpc/spec/mkosi.finalize",
    "the tools": "touch /proc/1/root/bpc/tools/x || touch /proc/1/root/usr/x",
    "the machine's loopback": "exec 3<>/dev/tcp/127.0.0.1/@PORT@",
    "an address of the machine": "exec 3<>/dev/tcp/@ADDRESS@/@PORT@",
    "the network of another process": "for p in /proc/[0-9]*; do nsenter --net=$p/ns/net bash -c '</dev/tcp/127.0.0.1/@PORT@' && exit; done; false",
    "the network made anew": "ip link set lo up && exec 3<>/dev/tcp/127.0.0.1/@PORT@",
    "the keyring": "keyctl show 2>/dev/null | grep -q bpc-test",
    "the accounts of the machine": "[ \"$(cut -d' ' -f1-99 /proc/self/uid_map | tr -s ' ')\" = ' 0 0 4294967295' ]",
}
"""What a step tries, as a command that succeeds where it gets through. Each is tried as it is, and it must fail."""
MUST = {
    "it is root of the image": "[ $(id -u) = 0 ] && touch /root/x && chown 33:33 /root/x && [ $(stat -c %u /root/x) = 33 ]",
    "accounts": "useradd --system stranger && id stranger",
    "a loopback file system of its own": "mount -t tmpfs t /mnt && umount /mnt",
}
BLUEPRINT = """blueprint 1
image base { from = debian("12"), packages = [%s] }
image hostile {
  from = base
%s
}
solution s {
  version = "1"
  network n { cidr = "10.0.0.0/24" }
  tier t { image = hostile, network = n }
}
"""


def build(project: Path, out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "bpc",
        "build",
        "--blueprint",
        str(project / "solution.bp"),
        "-o",
        str(out),
        *words,
    ]
    environment = os.environ | {"BPC_TEST_SECRET": "x"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def packages() -> str:
    """Those of the shop's base, so that the base is the same."""
    text = (Path(__file__).parents[2] / "blueprints" / "shop" / "images.bp").read_text()
    return text.partition("packages = [")[2].partition("]")[0]


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def listener():
    """A server on all addresses of this machine; the requests it got."""
    got: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            got.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"reached")

    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], got
    server.shutdown()


def step(name: str, *more: str) -> str:
    return f'  run "{name}" {{ script = "{name}.sh"{"".join(f", {word}" for word in more)} }}\n'


def test_a_hostile_step(built, project, tmp_path, listener):
    secret = tmp_path / "secret"
    secret.write_text("of the machine")
    innocent = subprocess.Popen(["bash", "-c", "exec -a left-on-the-machine sleep 3600"])
    address = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split() or [
        "127.0.0.2"
    ]
    values = {"PID": innocent.pid, "PROJECT": project, "SECRET": secret, "PORT": listener[0], "ADDRESS": address[0]}
    values |= {"DISK": root_disk(), "HOSTNAME": os.uname().nodename}
    script = "#!/bin/bash\n"
    for number, attempt in enumerate((*ATTEMPTS.values(), *MUST.values())):
        for name, value in values.items():
            attempt = attempt.replace(f"@{name}@", str(value))
        script += f"(\n{attempt}\n) >/dev/null 2>&1 && echo {number} yes >>/attempts || echo {number} no >>/attempts\n"
    script += "cp /bin/sh /setuid && chmod 4755 /setuid\n(exec -a left-by-a-step setsid sleep 3600) >/dev/null 2>&1 &\n"
    script += "exit 0\n"
    (project / "hostile.sh").write_text(script)
    (project / "solution.bp").write_text(BLUEPRINT % (packages(), step("hostile")))
    settings = [Path("/proc/sys/kernel/core_pattern").read_text(), sorted(os.listdir(project))]
    out = with_base(built, tmp_path / "out")
    done = build(project, out)
    assert done.returncode == 0, done.stderr
    assert [Path("/proc/sys/kernel/core_pattern").read_text(), sorted(os.listdir(project))] == settings
    assert innocent.poll() is None
    innocent.kill()
    assert listener[1] == []
    assert "left-by-a-step" not in subprocess.check_output(["ps", "ax", "-o", "args"], text=True)
    [image] = (out / "images").glob("hostile-*.qcow2")
    said = bytes(tree(image, tmp_path)["/attempts"]).decode().split()
    told = dict(zip([*ATTEMPTS, *MUST], said[1::2], strict=True))
    assert {name for name in ATTEMPTS if told[name] == "yes"} == set()
    assert {name for name in MUST if told[name] == "no"} == set()
    roots = subprocess.check_output(["find", out, "-perm", "/6000", "-uid", "0"], text=True)
    assert roots == "", "no program that makes anybody root of the machine"
    assert not [path for path in (out / "images" / "work").iterdir() if path.name.startswith("run-")]


def root_disk() -> str:
    return subprocess.check_output(["findmnt", "-no", "SOURCE", "-T", "/usr"], text=True).strip()


REACH = """#!/bin/bash
(exec 3<>/dev/tcp/127.0.0.1/%d && printf 'GET /%s HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3 >/dev/null) 2>/dev/null
exit 0
"""


def test_a_network_only_where_a_step_says_so(built, project, tmp_path, listener):
    """Of two steps of one image the one that says `network = true` reaches the machine's address, and the other does not."""
    for name in ("with", "without"):
        (project / f"{name}.sh").write_text(REACH % (listener[0], name))
    steps = step("without") + step("with", "network = true")
    (project / "solution.bp").write_text(BLUEPRINT % (packages(), steps))
    done = build(project, with_base(built, tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert listener[1] == ["/with"]


def test_a_step_that_misses_the_network_says_so(built, project, tmp_path):
    (project / "fetch.sh").write_text("#!/bin/bash\nset -e\nexec 3<>/dev/tcp/deb.debian.org/80\n")
    (project / "solution.bp").write_text(BLUEPRINT % (packages(), step("fetch")))
    done = build(project, with_base(built, tmp_path / "out"))
    assert done.returncode == 1
    assert "BPC502" in done.stderr
    assert "`network = true` gives it one" in done.stderr


def test_a_result_that_is_a_link(built, project, tmp_path):
    """A step reaches the builder's output folder, and lays a link to a file of the machine where the image should be."""
    script = "#!/bin/bash\n(while sleep 0.05; do for f in /proc/1/root/bpc/out/hostile-*.raw; do "
    script += '[ -f "$f" ] && ln -sf /etc/shadow "$f"; done; done) >/dev/null 2>&1 &\nexit 0\n'
    (project / "link.sh").write_text(script)
    (project / "solution.bp").write_text(BLUEPRINT % (packages(), step("link")))
    out = with_base(built, tmp_path / "out")
    done = build(project, out)
    images = list((out / "images").glob("*.qcow2"))
    if done.returncode:
        assert images == []
    for image in images:
        raw = tmp_path / "raw"
        subprocess.run(["qemu-img", "convert", "-O", "raw", image, raw], check=True)
        shadow = Path("/etc/shadow").read_bytes().splitlines()[0]
        assert shadow not in raw.read_bytes()[: 2**20]
