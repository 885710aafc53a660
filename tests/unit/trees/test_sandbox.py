"""Real programs run in the sandbox of a kernel, and what they have no business with is closed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autoresearch_ci.core.errors import MachineError
from autoresearch_ci.trees import Network, sandbox
from autoresearch_ci.trees.sandbox import Confinement, confined, weaknesses
from autoresearch_ci.trees.sandbox_filter import build
from autoresearch_ci.trees.sandbox_paths import devices, readable

USER = 61011 if os.geteuid() == 0 else None
PATH = "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin"

pytestmark = pytest.mark.skipif(
    not sandbox.landlock_version(), reason="NOT RUN: this kernel has no Landlock"
)


@pytest.fixture
def outside():
    """A folder that everybody may enter, as far as its mode goes."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def folder(outside):
    """A folder of the sandbox's user in which it has a home and a temporary folder."""
    made = outside / "own"
    for part in (made, made / "home", made / "tmp", made / "work"):
        part.mkdir()
        if USER:
            os.chown(part, USER, USER)
    return made


@pytest.fixture
def run(folder):
    """Runs a shell command in the sandbox; returns what subprocess.run does."""

    def start(shell, network=Network.NONE, read=(), user=USER):
        everything = readable({"PATH": PATH}, Path.home(), Path("/nowhere"))
        wanted = Confinement((*everything, *read), (folder, *devices()), network, user)
        env = {
            "PATH": PATH,
            "HOME": f"{folder}/home",
            "TMPDIR": f"{folder}/tmp",
            "JAVA_TOOL_OPTIONS": f"-Djava.io.tmpdir={folder}/tmp",
        }
        with confined(wanted, env) as wrapper:
            return subprocess.run(
                [*wrapper.words, "/bin/sh", "-c", shell],
                pass_fds=wrapper.inherited, env={}, cwd=folder / "work",
                capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip

    return start


def python(source: str) -> str:
    return f"python3 - <<'END'\n{source}\nEND"


POOL = """
import multiprocessing as m, tempfile
def square(x): return x * x
with m.Pool(2) as pool: assert pool.map(square, range(4)) == [0, 1, 4, 9]
assert list(m.Manager().list([1])) == [1]
m.Lock(), m.Queue(), m.shared_memory if hasattr(m, "shared_memory") else None
tempfile.TemporaryFile()
"""
JAVA = """\
public class A {
  public static void main(String[] words) throws Exception {
    java.io.File.createTempFile("abc", "d");
    Thread other = new Thread(() -> {}); other.start(); other.join();
  }
}
"""
PROGRAMS = {
    "python3": "python3 -m venv v && v/bin/python -c 'import ssl, sqlite3, hashlib'",
    "pip": "python3 -m pip list && python3 -m pip --version",
    "python3 with processes": python(POOL),
    "node": """node -e 'require("child_process").execSync("echo hi"); require("os").cpus()'""",
    "npm": """echo '{"scripts": {"build": "node -e 1"}}' > package.json && npm run build""",
    "java": f"cat > A.java <<'END'\n{JAVA}END\njavac A.java && java A",
    "go": (
        "printf 'package main\\nfunc main() { println(1) }\\n' > a.go && "
        "go mod init a && go build -o a && ./a"
    ),
    "cargo": "cargo init -q --name a --vcs none . && cargo build -q --offline && target/debug/a",
    "gcc": "echo 'int main() { return 0; }' > a.c && gcc -O2 a.c -o a && ./a",
    "git": (
        "git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m a && "
        "git clone -q . b && git -C b log"
    ),
    "script": "script -qc 'tty; echo hi' /dev/null",
    "xargs": "seq 3 | sort -r | xargs -P 2 -n 1 echo > out && wc -l < out",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_real_programs(run, name):
    """What builds and trainings start works with nothing but its folder, and no network."""
    program = {"pip": "python3"}.get(name.split()[0], name.split()[0])
    found = shutil.which(program, path=PATH)
    if found is None:
        pytest.skip(f"NOT RUN: {program} is not installed for everybody")
    done = run(PROGRAMS[name])
    assert done.returncode == 0, done.stdout + done.stderr


def test_who_it_is_and_what_it_has(run):
    """The command is the user's with no group more, gains nothing, and has the given variables."""
    done = run("id -u; id -G; grep -E 'NoNewPrivs|Seccomp:|CapEff' /proc/self/status; env; umask")
    said = done.stdout.split("\n")
    if USER:
        assert said[:2] == [str(USER)] * 2
    assert "NoNewPrivs:\t1" in said
    assert "Seccomp:\t2" in said
    assert "CapEff:\t0000000000000000" in said or not USER
    assert "0022" in said
    names = {line.split("=")[0] for line in said if "=" in line}
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {
        "PATH",
        "HOME",
        "TMPDIR",
        "JAVA_TOOL_OPTIONS",
    }


def test_no_descriptor_is_handed_down(run):
    """The command has no descriptor beside the first three."""
    assert run("ls /proc/self/fd").stdout.split() == ["0", "1", "2", "3"]  # ls has the folder


SOCKETS = {
    "IPv4": "socket(AF_INET, SOCK_STREAM)",
    "IPv6": "socket(AF_INET6, SOCK_STREAM)",
    "UDP": "socket(AF_INET, SOCK_DGRAM)",
    "raw": "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)",
    "netlink": "socket(AF_NETLINK, SOCK_RAW, 0)",
    "packet": "socket(AF_PACKET, SOCK_RAW, 0)",
    "vsock": "socket(AF_VSOCK, SOCK_STREAM)",
    "kernel crypto": "socket(AF_ALG, SOCK_SEQPACKET, 0)",
    "bluetooth": "socket(31, SOCK_RAW, 1)",
}


@pytest.mark.parametrize("name", SOCKETS)
def test_no_socket_without_the_network(run, name):
    """Each family but AF_UNIX is one that the kernel has not."""
    done = run(python(f"from socket import *\n{SOCKETS[name]}"))
    assert "Address family not supported" in done.stderr


def test_sockets_of_its_own(run):
    """Pairs and path sockets work between the processes of a command."""
    done = run(python("from socket import *\nsocketpair()\ns = socket(AF_UNIX)\ns.bind('s')"))
    assert done.returncode == 0, done.stderr


def test_the_network_open(run):
    """With it, a service on loopback is reached, and yet no virtual machine's host."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        connect = f"from socket import *\ncreate_connection(('127.0.0.1', {port}), 5)"
        assert run(python(connect), Network.HOST).returncode == 0
        assert run(python(connect)).returncode != 0
    done = run(python("from socket import *\nsocket(AF_VSOCK, SOCK_STREAM)"), Network.HOST)
    assert "Address family not supported" in done.stderr


CALLS = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
for number in {numbers}:
    result = libc.syscall(number, *{arguments})
    print(result, ctypes.get_errno())
"""
EPERM, ENOSYS = "-1 1", "-1 38"


@pytest.mark.parametrize(
    ("numbers", "arguments", "answer"),
    [
        pytest.param([101], (16, 1, 0, 0), EPERM, id="ptrace"),
        pytest.param([310, 311], (1, 0, 0, 0, 0, 0), EPERM, id="process_vm"),
        pytest.param([425, 426, 427], (8, 0), ENOSYS, id="io_uring"),
        pytest.param([435], (0, 0), ENOSYS, id="clone3"),
        pytest.param([272], (0x10000000,), EPERM, id="unshare"),
        pytest.param([56], (0x10000011, 0, 0, 0, 0), EPERM, id="clone"),
        pytest.param([165, 166, 428, 430], (0, 0, 0, 0, 0), EPERM, id="mounts"),
        pytest.param([248, 249, 250], (0, 0, 0, 0, 0), EPERM, id="keys"),
        pytest.param([321, 298, 323], (0, 0, 0), EPERM, id="bpf"),
        pytest.param([29, 64, 68, 240], (0, 0, 0o600, 0), EPERM, id="shared memory and queues"),
        pytest.param([16], (0, 0x5412, 0), EPERM, id="TIOCSTI"),
        pytest.param([302], (1, 0, 0, 0), EPERM, id="limits of others"),
        pytest.param([302], (0, 7, 0, 0), "0 0", id="limits of itself"),
        pytest.param([0x40000000 + 39], (), ENOSYS, id="the other numbers of x32"),
    ],
)
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="NOT RUN: the numbers are x86_64's")
def test_system_calls(run, numbers, arguments, answer):
    """Calls that no build needs are refused, or are not there where callers can do without."""
    done = run(python(CALLS.format(numbers=numbers, arguments=arguments)))
    assert done.stdout.splitlines() == [answer] * len(numbers), done.stderr


def test_the_filter_of_another_processor():
    """Both tables make a program, of a length that the kernel takes, with an end in every way."""
    for machine in ("x86_64", "aarch64"):
        for network in Network:
            code = build(network, machine)
            assert len(code) % 8 == 0
            assert len(code) // 8 < 4096
            for at in range(0, len(code), 8):
                word, jumps = code[at], code[at + 2 : at + 4]
                if word & 7 == 5:
                    assert at // 8 + 1 + max(jumps) < len(code) // 8


def test_secrets(run, outside):
    """Nothing is read of a home, of our environment, of a folder that is not on the list."""
    secret = outside / "secret"
    secret.write_text("planted\n")
    home = str(Path.home())
    mine = os.getpid()
    shell = (
        f"cat {secret} {home}/.netrc /proc/{mine}/environ /proc/{mine}/fd/0; ls {home} {outside}; "
        f"ln {secret} stolen; cat /proc/{mine}/cwd/*; mv {secret} here; truncate -s 0 {secret}; "
        "cat stolen here"
    )
    done = run(shell)
    assert done.stdout == ""
    assert secret.read_text() == "planted\n"
    assert run(f"cat {secret}", read=(secret,)).stdout == "planted\n"


def test_signals_and_abstract_sockets(run):
    """No signal reaches us, and no abstract socket of ours is found, where the kernel can tell."""
    if sandbox.landlock_version() < 6:
        pytest.skip("NOT RUN: the kernel is older than 6.12")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0autoresearch-test")
        listening.listen()
        connect = "from socket import *\nsocket(AF_UNIX).connect('\\0autoresearch-test')"
        assert "not permitted" in run(python(connect)).stderr
    assert "not permitted" in run(f"/bin/kill -STOP {os.getpid()}").stderr


def test_what_cannot_be_confined(folder):
    """A sandbox that cannot be made is an error with a remedy, and the command never began."""
    wanted = Confinement((), (folder,), Network.NONE, USER)
    with pytest.raises(MachineError, match="sandbox") as caught, confined(wanted, {}) as wrapper:
        words = [*wrapper.words, str(folder / "missing")]
        subprocess.run(words, pass_fds=wrapper.inherited, env={}, check=False)
    assert caught.value.remedy


def test_what_is_weak_is_said(monkeypatch):
    """An old kernel and a missing user have a sentence each; with both there is none."""
    monkeypatch.setattr(sandbox, "landlock_version", lambda: 7)
    assert weaknesses(61001) == ()
    assert any("same user" in said for said in weaknesses(None))
    monkeypatch.setattr(sandbox, "landlock_version", lambda: 0)
    assert any("no Landlock" in said for said in weaknesses(61001))


def test_what_may_be_read(tmp_path, monkeypatch):
    """Toolchains of variables and the home, never the project, a home, or what is around them."""
    home, project = tmp_path / "home", tmp_path / "home" / "project"
    folders = (".cargo/bin", ".cargo/registry", ".ssh", ".cache/autoresearch", "tools/x/bin")
    for made in (*folders, "project/.venv/bin"):
        (home / made).mkdir(parents=True)
    path = f"{home}/.cargo/bin:{home}/tools/x/bin:{project}/.venv/bin:relative/bin:{home}"
    path += f":/{'a' * 300}"  # the system refuses to look, as at a folder of another user's
    found = readable({"PATH": path, "CONDA_PREFIX": str(tmp_path)}, home, project)
    inside = {str(each.relative_to(home)) for each in found if each.is_relative_to(home)}
    assert inside == {*folders, "tools/x"} - {".ssh"}
    assert not {tmp_path, home, project} & set(found)
    assert Path("/usr") in found


def test_the_helper_starts_fast():
    """It imports nothing of ours, and little of Python's."""
    source = (
        "import sys; sys.path.insert(0, sys.argv[1]); import sandbox_helper; print(*sys.modules)"
    )
    folder = str(Path(sandbox.__file__).parent)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", source, folder],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert not loaded & {"autoresearch_ci", "pathlib", "subprocess", "dataclasses"}
