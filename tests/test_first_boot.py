"""First boot, judged by the tools that will read it, and run for real in a folder that stands for a machine's root."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from grp import getgrgid
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from pwd import getpwuid

import jsonschema
import pytest
import yaml
from goldens import compare_folder

from bpc.driver import build_model, compile_blueprint
from bpc.provision.runner import HOME, LOG, MOUNT, RUNNER
from bpc.target import Options
from bpc_targets import load

ROOT = Path(__file__).parent.parent
CLOUD_INIT = Path(os.environ.get("BPC_CLOUD_INIT", "/usr/lib/python3/dist-packages/cloudinit"))
SCHEMA = CLOUD_INIT / "config" / "schemas" / "schema-cloud-config-v1.json"
SHELLCHECK = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
STRACE = shutil.which("strace")
MEANT = "SC2016,SC2041"
"""Titles, paths and names are quoted so that nothing in them expands; a loop may run over one package."""
NO_SCHEMA = f"cloud-init is not installed, and BPC_CLOUD_INIT names no folder of it: {SCHEMA} is missing"

CONFIGURED = ROOT / "tests" / "fine" / "configure" / "solution.bp"
"""A tier for each platform of `configure`."""

EVERY_STEP = """blueprint 1

image every {
  from = debian("12")
  param peer: endpoint
  param password: secret
  packages = ["nginx", "curl=7.88.1-10"]
  artifact "/opt/it's.tar" { source = "https://example.org/a.tar.gz", version = "1", licence = "MIT", sha256 = "SUM" }
  artifact "/opt/tool" { source = "tool", version = "1", licence = "MIT", sha256 = "SUM" }
  run "it's run, with \\"quotes\\" and $(things)" { text = "echo $PASSWORD $HOME\\n", environment = { PASSWORD = password }, creates = "/opt/a b" }
  run "python" { text = "#!/usr/bin/env python3\\nprint(1)\\n" }
  file "/etc/a b" { text = "${password}", owner = "www-data" }
  file "/etc/peer" { text = "${peer.host}" }
  user www { system = true, groups = ["adm"], sudo = true, home = "/srv/www", ssh_keys = ["ssh-ed25519 AAAA a@b"] }
  service nginx { enabled = false }
  service own { unit = "own.service" }
}

solution s {
  version = "1"
  secret pw { length = 20 }
  network n { cidr = "10.0.0.0/24" }
  tier t {
    image   = every(peer = t.http, password = pw)
    network = n
    bake    = base
    expose  http { port = 80 }
    volume  data { size = 1GiB, mount = "/srv/it's here", filesystem = xfs }
    ready   = http
  }
  tier u {
    image   = every(peer = t.http, password = pw)
    network = n
    bake    = base
    ready { script = "own.service", environment = { PASSWORD = pw } }
  }
}
"""


def user_data(path: Path, environment: str = "") -> dict[str, str]:
    """The first-boot texts of a blueprint by file name."""
    result = compile_blueprint(str(path), (load("heat"),), Options(flavors={}, limits={}), environment)
    assert [d.text for d in result.diagnostics if d.severity == "error"] == []
    return {name: text for name, text in result.artifacts["heat"].files.items() if name.startswith("user-data/")}


def variants() -> list[tuple[Path, str]]:
    found = []
    for path in (*sorted(ROOT.glob("blueprints/*/solution.bp")), CONFIGURED):
        solution = build_model(str(path)).solution
        found += [(path, name) for name in ("", *(solution.environments if solution else ()))]
    return found


@pytest.fixture(
    params=[*variants(), None], ids=lambda v: f"{v[0].parent.name}-{v[1] or 'plain'}" if v else "every-step"
)
def texts(request, tmp_path):
    """The first-boot texts of each sample in each environment, and of a tier with every kind of step."""
    if request.param is not None:
        return user_data(*request.param)
    (tmp_path / "tool").write_bytes(b"\x7fELF\0")
    (tmp_path / "own.service").write_text("[Service]\nExecStart=/bin/true\n")
    total = sha256(b"\x7fELF\0").hexdigest()
    (tmp_path / "solution.bp").write_text(EVERY_STEP.replace("SUM", total))
    return user_data(tmp_path / "solution.bp")


# ---- judged


@pytest.mark.skipif(not SCHEMA.exists(), reason=NO_SCHEMA)
def test_cloud_init_knows_every_word(texts):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    judge = jsonschema.validators.validator_for(schema)(schema)
    for text in texts.values():
        assert text.startswith("#cloud-config\n")
        assert [error.message for error in judge.iter_errors(yaml.safe_load(text))] == []
        own = contents(text).get(f"{HOME}/configure.yaml")  # what a module is called with
        assert own is None or [error.message for error in judge.iter_errors(yaml.safe_load(own))] == []


@pytest.mark.skipif(not SCHEMA.exists(), reason=NO_SCHEMA)
@pytest.mark.parametrize(
    "planted",
    [
        {"write_files": [{"content": "a"}]},
        {"packages": [{"a": 1}]},
        {"runcmd": "a"},
        {"users": [{"name": 3}]},
        {"ansible": {"pull": {"url": "a"}}},
        {"puppet": {"conf": {"agents": {}}}},
        {"chef": {"attributes": {}}},
        {"salt_minion": {"master": "a"}},
    ],
    ids=["file", "package", "command", "user", "ansible", "puppet", "chef", "salt"],
)
def test_that_judge_sees_mistakes(planted):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert list(jsonschema.validators.validator_for(schema)(schema).iter_errors(planted))


def test_shells_accept_the_runner(texts, tmp_path):
    assert SHELLCHECK, "shellcheck is in the extra `test`"
    for name, text in texts.items():
        script = tmp_path / "first-boot"
        script.write_text(contents(text)[RUNNER])
        for judge in (["bash", "-n"], [SHELLCHECK, "--shell=bash", f"--exclude={MEANT}"]):
            answer = subprocess.run([*judge, str(script)], capture_output=True, text=True, check=False)
            assert (name, answer.stdout + answer.stderr) == (name, "")


def contents(text: str) -> dict[str, str]:
    """What cloud-init writes, by path."""
    return {entry["path"]: entry["content"] for entry in yaml.safe_load(text)["write_files"]}


# ---- run


class Cloud(ThreadingHTTPServer):
    """Gives tokens as Keystone does, and hears the signals of machines; on a free port of the loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Signal)
        self.heard: list[tuple[str, dict[str, str]]] = []


class Signal(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v3/auth/tokens":
            assert body["auth"]["identity"]["password"]["user"] == {"id": "u", "password": "p"}
            self.send_response(201)
            self.send_header("X-Subject-Token", "t0ken")
        else:
            self.server.heard.append((self.headers["X-Auth-Token"], body))
            self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Nothing: the test looks at what was heard."""


@pytest.fixture
def cloud():
    with Cloud() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


SECRET = "s3cretOfTheCloud"


class Machine:
    """A folder as a machine's root: what cloud-init would do is done below it, and the runner runs with its paths there."""

    def __init__(
        self, folder: Path, cloud: Cloud, image: str, files: dict[str, bytes] | None = None, tier: str = ""
    ) -> None:
        self.root, self.cloud = folder / "root", cloud
        (self.root / "var/log").mkdir(parents=True)
        os.chmod(folder, 0o755)
        os.chmod(self.root, 0o755)
        for name, content in (files or {}).items():
            (folder / name).write_bytes(content)
        (folder / "solution.bp").write_text(
            f'blueprint 1\nimage it {{\n  from = debian("12")\n  param password: secret\n{image}}}\n'
            'solution s {\n  version = "1"\n  secret pw { length = 20 }\n  network n { cidr = "10.0.0.0/24" }\n'
            "  tier t {\n    image = it(password = pw)\n    network = n\n    bake = base\n    metadata = open\n"
            f"{tier}  }}\n}}\n"
        )
        self.config = yaml.safe_load(self.filled(user_data(folder / "solution.bp")["user-data/t.yaml"]))
        self.prepare()

    def filled(self, text: str) -> str:
        address = f"http://127.0.0.1:{self.cloud.server_port}"
        account = {
            "auth_url": address,
            "alarm_url": f"{address}/signal",
            "user_id": "u",
            "password": "p",
            "project_id": "p",
        }
        marks = {"signal": json.dumps(account), "secret.pw": SECRET}
        text = re.sub("@@([a-z.]+)@@", lambda mark: marks[mark[1]], text)
        return text.replace(HOME, str(self.root) + HOME).replace(LOG, str(self.root) + LOG)

    def prepare(self) -> None:
        """As cloud-init does it: commands of early boot, then each file is opened, written, closed, and its mode is set."""
        before = os.umask(0o022)
        for command in self.config["bootcmd"]:
            subprocess.run(command, check=True)
        for entry in self.config["write_files"]:
            path = Path(entry["path"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(unpacked(entry))
            if SECRET in entry["content"]:
                assert not self.open_to_others(path), "before its mode is set, everybody could read it"
            path.chmod(int(entry["permissions"], 8))
        os.umask(before)

    def open_to_others(self, path: Path) -> bool:
        """Whether any account of the machine may read a file."""
        folders = [folder for folder in path.parents if folder.is_relative_to(self.root)]
        return bool(path.stat().st_mode & 0o004) and all(folder.stat().st_mode & 0o001 for folder in folders)

    def boot(self, *tracer: str) -> int:
        """Runs the runner; its exit code."""
        [[command]] = self.config["runcmd"]
        return subprocess.run([*tracer, command], stdin=subprocess.DEVNULL, check=False, timeout=60).returncode

    @property
    def log(self) -> str:
        return (self.root / LOG[1:]).read_text()


def unpacked(entry: dict[str, str]) -> bytes:
    import base64
    import gzip

    if entry.get("encoding") == "gz+b64":
        return gzip.decompress(base64.b64decode(entry["content"]))
    return entry["content"].encode()


ME = f'owner = "{getpwuid(os.getuid()).pw_name}", group = "{getgrgid(os.getgid()).gr_name}"'


def test_ready(tmp_path, cloud):
    out = tmp_path / "root"
    total = sha256(b"#!/bin/sh\necho tool\n").hexdigest()
    image = (
        f'  artifact "{out}/opt/tool" {{ source = "tool", version = "1", licence = "MIT", sha256 = "{total}" }}\n'
        f'  run "use it" {{ text = "{out}/opt/tool >{out}/said; umask >>{out}/said" }}\n'
        f'  file "{out}/etc/secret" {{ text = "password=${{password}}\\n", {ME} }}\n'
    )
    machine = Machine(tmp_path, cloud, image, {"tool": b"#!/bin/sh\necho tool\n"})
    assert machine.boot() == 0, machine.log
    assert (out / "said").read_text() == "tool\n0022\n"
    assert (out / "etc/secret").read_text() == f"password={SECRET}\n"
    assert stat.S_IMODE((out / "etc/secret").stat().st_mode) == 0o600
    assert [(token, body["status"]) for token, body in cloud.heard] == [("t0ken", "SUCCESS")]
    assert SECRET not in machine.log
    assert stat.S_IMODE((out / LOG[1:]).stat().st_mode) == 0o600


def test_second_run_repeats_nothing(tmp_path, cloud):
    out = tmp_path / "root"
    total = sha256(b"data").hexdigest()
    image = (
        f'  artifact "{out}/data" {{ source = "data", version = "1", licence = "MIT", sha256 = "{total}" }}\n'
        f'  run "count" {{ text = "echo once >>{out}/count" }}\n'
        f'  run "count" {{ text = "echo once >>{out}/count" }}\n'
        f'  file "{out}/secret" {{ text = "${{password}}", {ME} }}\n'
    )
    machine = Machine(tmp_path, cloud, image, {"data": b"data"})
    assert [machine.boot(), machine.boot()] == [0, 0], machine.log
    assert (out / "count").read_text() == "once\nonce\n"
    assert [body["status"] for _, body in cloud.heard] == ["SUCCESS", "SUCCESS"]


def test_a_service_that_only_reads_a_file_is_reloaded(tmp_path, cloud, monkeypatch):
    """systemctl is one that writes down what it is asked for: there is no systemd below a folder."""
    out = tmp_path / "root"
    image = f'  file "{out}/etc/a" {{ text = "a", {ME}, reload = rsyslog }}\n  file "{out}/etc/b" {{ text = "b", {ME}, reload = cron }}\n'
    machine = Machine(tmp_path, cloud, image + "  service cron\n")
    asked = tmp_path / "asked"
    (tmp_path / "systemctl").write_text(f'#!/bin/sh\necho "$@" >>{asked}\n')
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert machine.boot() == 0, machine.log
    assert asked.read_text().splitlines() == ["enable cron", "restart cron", "try-reload-or-restart rsyslog"]


def test_failing_step_stops_and_tells(tmp_path, cloud):
    out = tmp_path / "root"
    image = (
        f'  run "first" {{ text = "echo first >>{out}/order" }}\n'
        f'  run "it\'s broken" {{ text = "echo the reason; test -e {out}/mended || exit 7" }}\n'
        f'  run "last" {{ text = "echo last >>{out}/order" }}\n'
    )
    machine = Machine(tmp_path, cloud, image)
    assert machine.boot() == 7
    assert (out / "order").read_text() == "first\n"
    [(_, told)] = cloud.heard
    assert told["status"] == "FAILURE"
    assert told["reason"].startswith("exit code 7: it's broken: the reason\n")
    assert "\nthe reason\n" in told["reason"]

    (out / "mended").touch()
    assert machine.boot() == 0
    assert (out / "order").read_text() == "first\nlast\n"
    assert cloud.heard[-1][1]["status"] == "SUCCESS"


@pytest.mark.parametrize("long", [False, True], ids=["short", "cut where a secret is"])
def test_what_is_told_of_a_failure_has_no_secret(long, tmp_path, cloud):
    """The log is the machine's own, where only root reads it; events are read by all who may see the stack."""
    behind = len(" failed\n") + len("== failed with exit code 1: tell\n")
    fill = f"head -c {3000 - len(SECRET) // 2 - behind} /dev/zero | tr '\\\\0' x; " if long else ""
    image = (
        '  run "tell" { environment = { PW = password }, text = '
        f'"echo \\"login with $PW failed\\"; {fill}exit 1" }}\n'
    )
    machine = Machine(tmp_path, cloud, image)
    secrets = tmp_path / "root" / HOME[1:] / "secrets"
    assert secrets.read_text() == f"{SECRET}\n" and stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert machine.boot() == 1
    [(_, told)] = cloud.heard
    assert told["status"] == "FAILURE" and SECRET in machine.log
    assert not any(SECRET[start : start + 6] in json.dumps(told) for start in range(len(SECRET) - 5))
    assert long or "login with *** failed" in told["reason"]


def test_archive_that_cannot_be_unpacked_is_a_failure(tmp_path, cloud):
    out = tmp_path / "root"
    total = sha256(b"data").hexdigest()
    image = (
        f'  artifact "{out}/taken/file/x" {{ source = "a.tar", version = "1", licence = "MIT", sha256 = "{total}" }}\n'
    )
    machine = Machine(tmp_path, cloud, image, {"a.tar": b"data"})
    (out / "taken").mkdir()
    (out / "taken/file").write_text("")
    assert machine.boot() != 0
    assert cloud.heard[0][1]["status"] == "FAILURE"


def test_wrong_checksum_is_a_failure(tmp_path, cloud):
    out = tmp_path / "root"
    total = sha256(b"data").hexdigest()
    image = f'  artifact "{out}/x" {{ source = "data", version = "1", licence = "MIT", sha256 = "{total}" }}\n'
    machine = Machine(tmp_path, cloud, image, {"data": b"data"})
    [place] = (out / HOME[1:]).glob("artifact-*")
    place.write_bytes(b"other")
    assert machine.boot() != 0
    assert not (out / "x").exists()
    assert "FAILED" in cloud.heard[0][1]["reason"]


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_secret_file_is_never_open_to_others(tmp_path, cloud):
    """Every creation and change of mode on the way to the file's place, as the kernel sees them."""
    out = tmp_path / "root"
    image = f'  file "{out}/etc/secret" {{ text = "${{password}}\\n", mode = "0640", {ME} }}\n'
    image += '  run "uses it" { text = "test $P", environment = { P = password } }\n'
    machine = Machine(tmp_path, cloud, image)
    trace = tmp_path / "trace"
    calls = "trace=openat,open,creat,mkdir,chmod,fchmod,fchmodat,umask,rename,renameat2"
    assert machine.boot(STRACE, "-f", "-y", "-o", str(trace), "-e", calls) == 0, machine.log
    written = [line for line in trace.read_text().splitlines() if "etc/secret" in line or "bpc/step" in line]
    made = [line for line in written if "O_CREAT" in line]
    assert len(made) == 2, "the file in its place, and the script"
    secret, script = made
    assert re.search(r", 0600\) += ", secret), secret
    assert "O_EXCL" in secret
    assert re.search(r"umask\(077", trace.read_text()), script
    modes = [int(mode, 8) for line in written if "chmod" in line for mode in re.findall(r", (0\d+)", line)]
    assert all(mode & 0o007 == 0 for mode in modes), modes
    assert stat.S_IMODE((out / "etc/secret").stat().st_mode) == 0o640


# ---- configured by a platform


def test_configured(request):
    golden = ROOT / "tests" / "golden" / "configure"
    compare_folder(golden, user_data(CONFIGURED), update=request.config.getoption("--update-golden"))


PLATFORM = """#!/bin/sh
# Stands for cloud-init: says what it is called with, and what is there by then; its result is that of the file `result`.
if [ "$2" = --help ]; then echo "usage: cloud-init single HELP"; exit; fi
echo "$@" >>FOLDER/called
cat FOLDER/root/etc/before >>FOLDER/called
[ -e FOLDER/mended ] || { echo "what the platform said"; exit 4; }
"""


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ("[--file FILE]", "single --file {0} --name ansible --frequency always"),
        ("", "--file {0} single --name ansible --frequency always"),
    ],
    ids=["its-option", "the-command-s"],
)
def test_a_platform_is_asked_last_and_its_failure_told(tmp_path, cloud, monkeypatch, usage, expected):
    out = tmp_path / "root"
    image = (
        '  configure { with = ansible, playbook = "play/site.yml", vars = { word = password } }\n'
        f'  file "{out}/etc/before" {{ text = "${{password}}\\n", {ME} }}\n'
        f'  run "before" {{ text = "echo run >>{out}/etc/before" }}\n'
    )
    (tmp_path / "play").mkdir()
    machine = Machine(tmp_path, cloud, image, {"play/site.yml": b"- hosts: all\n"})
    machine.config["packages"].remove("ansible-core")
    command = tmp_path / "cloud-init"
    command.write_text(PLATFORM.replace("FOLDER", str(tmp_path)).replace("HELP", usage))
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (tmp_path / "dpkg").write_text("#!/bin/sh\n")
    (tmp_path / "dpkg").chmod(0o755)

    assert machine.boot() == 4
    called = (tmp_path / "called").read_text().splitlines()
    assert called == [expected.format(f"{out}{HOME}/configure.yaml"), SECRET, "run"]
    assert cloud.heard[0][1]["status"] == "FAILURE"
    assert cloud.heard[0][1]["reason"].startswith("exit code 4: configure with ansible: what the platform said\n")
    assert "\nwhat the platform said\n" in cloud.heard[0][1]["reason"]
    assert stat.S_IMODE((out / HOME[1:] / "configure-vars.yaml").stat().st_mode) == 0o600
    assert (out / HOME[1:] / "configure/play/site.yml").read_text() == "- hosts: all\n"

    (tmp_path / "mended").touch()
    assert [machine.boot(), machine.boot()] == [0, 0], machine.log
    assert len((tmp_path / "called").read_text().splitlines()) == 6, (
        "asked again where it failed, and not where it had ended"
    )
    assert cloud.heard[-1][1]["status"] == "SUCCESS"


def test_puppet_says_by_its_exit_code_what_failed(tmp_path, cloud, monkeypatch):
    for command, script in {
        "cloud-init": "",
        "dpkg": "",
        "systemctl": "",
        "puppet": f"exit $(cat {tmp_path}/code)",
    }.items():
        (tmp_path / command).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / command).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    machine = Machine(tmp_path, cloud, '  configure { with = puppet, server = "puppet.example.org" }\n')
    for code, result in (("4", 4), ("1", 1), ("2", 0)):
        (tmp_path / "code").write_text(code)
        assert machine.boot() == result, machine.log


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("losetup"), reason="loop devices need root")
def test_a_volume_that_has_grown_has_room(tmp_path):
    """What is on it stays; a second machine that gets the larger volume grows the file system, and a third run changes nothing."""
    disk, fstab, place = tmp_path / "disk", tmp_path / "fstab", tmp_path / "data"
    fstab.write_text("")
    place.mkdir()
    (place / "from-image").write_text("kept")

    def mounted(size):
        disk.touch()
        os.truncate(disk, size * 2**20)
        script = f"""set -eu
mount --make-rprivate /
mount --bind {fstab} /etc/fstab
{MOUNT}
device=$(losetup --find --show {disk})
trap 'umount {place}; losetup -d "$device"' EXIT
: >/etc/fstab
mount_volume "$device" {place} ext4 >&2
cat {place}/from-image >&2
df --output=size -m {place} | tail -n 1
grep -c x-systemd.growfs /etc/fstab
"""
        done = subprocess.run(["unshare", "-m", "bash", "-c", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        room, entries = map(int, done.stdout.split())
        assert entries == 1
        return room

    assert 40 < mounted(64) < 64
    assert 40 < mounted(64) < 64, "again, with nothing to do"
    held = int(re.search(r"CapEff:\t(\w+)", Path("/proc/self/status").read_text())[1], 16)
    if not held & 1 << 24:
        pytest.skip(
            "a file system that is in use grows with CAP_SYS_RESOURCE, which root has on a machine, and not here"
        )
    assert mounted(256) > 200
    assert mounted(256) > 200
