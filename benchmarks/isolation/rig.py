"""A machine with planted secrets around one project, and the trees of a level on it."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from string import Template

from autoresearch_ci.executors import Command
from autoresearch_ci.trees import Base, Network, Sandbox, Trees
from autoresearch_ci.workspace.git import Git
from autoresearch_ci.workspace.tracked_files import TrackedFiles
from benchmarks.isolation.attacks import HOME_SECRETS, Attack

PYTHON = shutil.which("python3", path="/usr/bin:/bin") or "python3"
LIMIT = 30.0
IMAGE = "autoresearch-base:local"
"""Debian with Python, which tests/e2e/install-tools makes."""

FILES = {
    ".gitignore": "data/\n.venv/\n__pycache__/\n",
    "main.py": "print('fine')\n",
    "edited.txt": "as committed\n",
}


class Rig:
    """`names` are what attacks name; `harm` says what is not as it was."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self.secret = secrets.token_hex(16)
        self.root, self.home, self.elsewhere = (
            folder / name for name in ("project", "home", "elsewhere")
        )
        self.place = folder / "layers"
        self.place.mkdir(mode=0o700)
        for name in (*HOME_SECRETS, "../elsewhere/secret"):
            self._plant(self.home / name)
        self._project()
        self._serve(held)
        fd = os.open(self.elsewhere / "secret", os.O_RDONLY)
        try:
            self._victim = held.enter_context(
                subprocess.Popen(
                    ["/bin/sh", "-c", "exec 7<&0; while :; do sleep 1000; done", self.secret],
                    env={"PLANTED": self.secret, "PATH": os.environ["PATH"]},
                    stdin=fd,
                    cwd=self.elsewhere,
                    start_new_session=True,
                )
            )
        finally:
            os.close(fd)
        held.callback(self._end)
        self.names |= {
            "victim": self._victim.pid,
            "harness": os.getpid(),
            "processes": Path("/proc/self/ns/pid").readlink(),
            "home": self.home,
            "root": self.root,
            "elsewhere": self.elsewhere,
            "place": self.place,
        }
        self._before = self._state()

    def shell(self, source: str) -> str:
        code = Template(source).substitute(self.names)
        return f"exec {PYTHON} - <<'END_OF_ATTACK' 2>&1\n{code}\nEND_OF_ATTACK\n"

    def works(self, trees: Trees, attack: Attack) -> bool:
        """Try an attack; whether it has worked."""
        command = Command(self.shell(attack.source), self.root, LIMIT)
        with trees.tree({}) as tree:
            said = tree.run(command).output
        if attack.then:
            with trees.tree({}, warm=False) as tree:
                run = tree.run(Command(self.shell(attack.then), self.root, LIMIT))
            said = run.output if attack.name != "closed folders" or run.ok else "OPEN"
        return "OPEN" in said or self.secret in said or bool(self.harm())

    def harm(self) -> list[str]:
        """Name what an attack did to the rig, and mend what can be mended."""
        now = self._state()
        found = sorted(
            name
            for name in now.keys() | self._before.keys()
            if now.get(name) != self._before.get(name)
        )
        self._before = now
        return found

    def _state(self) -> dict[str, object]:
        """Every file of the user's, the host's name, and the state of the process."""
        seen: dict[str, object] = {"host": socket.gethostname()}
        for top in (self.root, self.home, self.elsewhere):
            for path in sorted((top, *top.rglob("*"))):
                st = path.lstat()
                is_file = path.is_file() and not path.is_symlink()
                content = path.read_bytes() if is_file else b""
                seen[str(path)] = (st.st_mode, st.st_uid, st.st_mtime_ns if is_file else 0, content)
        status = Path(f"/proc/{self._victim.pid}/stat")
        alive = status.read_text().rpartition(")")[2].split()[0] if status.exists() else "gone"
        seen["process"] = "runs" if alive in "SRD" else alive
        return seen

    def _plant(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{self.secret}\n")

    def _project(self) -> None:
        self.root.mkdir()
        for name, text in FILES.items():
            (self.root / name).write_text(text)
        git = ["git", "-C", str(self.root), "-c", "user.name=u", "-c", "user.email=u@example.org"]
        for words in (
            ("init", "-q"),
            ("add", "-A"),
            ("commit", "-q", "-m", "base"),
            ("remote", "add", "origin", f"https://x:{self.secret}@example.org/p"),
        ):
            subprocess.run([*git, *words], check=True)
        for name, text in (("data/set", "data\n"), (".venv/lib/dep.py", "pass\n")):
            (self.root / name).parent.mkdir(parents=True)
            (self.root / name).write_text(text)
        self._plant(self.root / "notes.txt")
        self._plant(self.root / "edited.txt")

    def _serve(self, held: ExitStack) -> None:
        """Services that hand the secret to whoever gets there."""
        abstract = f"planted{secrets.token_hex(4)}"
        unix = []
        for at in (f"\0{abstract}", str(self.home / "agent.sock")):
            listening = held.enter_context(socket.socket(socket.AF_UNIX))
            listening.bind(at)
            listening.listen()
            unix.append(listening)
        (self.home / "agent.sock").chmod(0o700)
        four = held.enter_context(socket.create_server(("0.0.0.0", 0)))
        six = held.enter_context(socket.create_server(("::1", 0), family=socket.AF_INET6))
        udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        for listening in (*unix, four, six):
            threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        threading.Thread(target=self._answer, args=(udp,), daemon=True).start()
        self.names: dict[str, object] = {
            "abstract": abstract,
            "port": four.getsockname()[1],
            "port6": six.getsockname()[1],
            "udp": udp.getsockname()[1],
            "address": _address(),
        }

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                with listening.accept()[0] as got:
                    got.sendall(self.secret.encode())
            except OSError:
                return

    def _answer(self, udp: socket.socket) -> None:
        while True:
            try:
                udp.sendto(self.secret.encode(), udp.recvfrom(100)[1])
            except OSError:
                return

    def _end(self) -> None:
        os.killpg(self._victim.pid, 9)


def _address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))
            return str(asked.getsockname()[0])
        except OSError:
            return "127.0.0.2"


@contextmanager
def rig() -> Iterator[Rig]:
    """A rig on a disk that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="autoresearch-rig-", dir="/var/tmp") as made:
        folder, before = Path(made), os.environ.get("HOME")
        folder.chmod(0o711)
        (folder / "home").mkdir(mode=0o755)
        os.environ["HOME"] = str(folder / "home")
        try:
            with ExitStack() as held:
                yield Rig(folder, held)
        finally:
            os.environ.pop("HOME")
            if before is not None:
                os.environ["HOME"] = before


def base(at: Rig) -> Base:
    """The rig's project, with the network closed."""
    source, sandbox = TrackedFiles(Git(at.root)), Sandbox(network=Network.NONE)
    return Base(at.root, at.place, source, "HEAD", sandbox, IMAGE)
