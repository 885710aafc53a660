"""Run trees as overlays in sibling containers, which an engine starts from the user's image."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from autoresearch_ci.core import machine
from autoresearch_ci.core.environment import checked, environment
from autoresearch_ci.core.errors import MachineError, SettingsError
from autoresearch_ci.core.files import give
from autoresearch_ci.core.model import Run
from autoresearch_ci.executors import Command
from autoresearch_ci.executors.memory import EXPENDABLE
from autoresearch_ci.trees import Base, Network, Obstacle
from autoresearch_ci.trees.bubblewrap import AND_WHAT_GOES_ON
from autoresearch_ci.trees.container_run import run_in_container
from autoresearch_ci.trees.engine import LABEL, Engine, RefusedError, find, trouble
from autoresearch_ci.trees.layered import LayeredTrees, Runner
from autoresearch_ci.trees.layers import discard
from autoresearch_ci.trees.place import session_place
from autoresearch_ci.trees.sandbox_filter import names
from autoresearch_ci.trees.sandbox_paths import require_paths
from autoresearch_ci.trees.session_layers import HOME, PROJECT, SessionLayers, Stack
from autoresearch_ci.trees.watcher import watched
from autoresearch_ci.workspace.files import disk_errors

_ENGINE = "autoresearch_ci.trees.engine"
_HOME = "/home/autoresearch"
_LONGEST_OPTIONS = 4000
_SHARED_MEMORY = 2 << 30
_MOST_PROCESSES = 8192
_PATIENCE = 60.0
_ODD = frozenset(":,\\\n\"'")
_USER = "autoresearch"
_WRITABLE = {
    "HOME": _HOME,
    "TMPDIR": "/tmp",
    "USER": _USER,
    "LOGNAME": _USER,
    "CARGO_HOME": f"{_HOME}/.cargo",
    "GOPATH": f"{_HOME}/go",
    "GRADLE_USER_HOME": f"{_HOME}/.gradle",
}
"""Variables of places to write to, which images have where only their builder may write."""


class ContainerTrees(LayeredTrees):
    """The trees of a session, mounted by the engine."""

    name = "container"

    def __init__(self, base: Base, engine: Engine, session: str) -> None:
        self._engine, self._session = engine, session
        owner = base.root.stat()
        self._owner = (owner.st_uid, owner.st_gid)
        self._given: set[str] = set()
        home = f"{base.place}/home"
        os.mkdir(home, 0o700)
        super().__init__(base, SessionLayers(base, {PROJECT: str(base.root), HOME: home}))
        self._env = _variables(base.sandbox.allow)
        self._passwd = f"{base.place}/passwd"
        _write_passwd(self._passwd, *self._owner)
        self._hand_over()

    @contextmanager
    def _mounted(self, folder: str, stack: Stack, *, warm: bool) -> Iterator[Runner]:
        with disk_errors("make a run's tree"):
            for name in ("files", "upper"):
                give(f"{folder}/{name}", *self._owner)
            self._hand_over()
        volumes = self._volumes(folder, stack, warm=warm)
        try:
            yield partial(self._run, folder, volumes)
        finally:
            for volume in volumes:
                with suppress(RefusedError):
                    self._engine.ask("DELETE", f"/volumes/{volume}", force=1)

    def _run(self, folder: str, volumes: Sequence[str], command: Command, network: Network) -> Run:
        """Run a command in a container with these volumes."""
        mounts: list[dict[str, object]] = [
            {"Type": "volume", "Source": volume, "Target": at}
            for volume, at in zip(volumes, (str(self.root), _HOME), strict=True)
        ]
        mounts.append(self._bind(f"{folder}/tmp", "/tmp"))
        mounts.append(self._bind(f"{folder}/var-tmp", "/var/tmp"))
        mounts.append(self._bind(self._passwd, "/etc/passwd", read_only=True))
        for paths, only in ((self._base.sandbox.read, True), (self._base.sandbox.write, False)):
            mounts += [self._bind(str(path), str(path), read_only=only) for path in paths]
        shell = f"PATH=$PATH:{_HOME}/.local/bin; {command.shell}"
        if command.stdin is not None:
            shutil.copyfile(command.stdin, f"{folder}/tmp/.stdin")
            shell = f"exec < /tmp/.stdin; rm /tmp/.stdin; {shell}"
        if command.log is not None:  # one stream, which keeps their order
            shell = f"exec 2>&1; {shell}"
        memory, cores = command.memory_limit, ",".join(map(str, machine.pinned()))
        spec = {
            "Image": self._base.image,
            "Entrypoint": ["/bin/sh", "-c", f"trap : TERM; {AND_WHAT_GOES_ON}", "sh"],
            "Cmd": ["/bin/sh", "-c", shell],
            "Env": [f"{n}={v}" for n, v in {**self._env, **command.env}.items()],
            "User": "{}:{}".format(*self._owner),
            "WorkingDir": str(command.cwd),
            "AttachStdout": True,
            "AttachStderr": True,
            "Labels": {LABEL: self._session},
            "HostConfig": {
                "NetworkMode": network.value,
                "Init": True,
                "ReadonlyRootfs": True,
                "Tmpfs": {"/run": ""},
                "CapDrop": ["ALL"],
                "SecurityOpt": ["no-new-privileges", f"seccomp={json.dumps(_profile())}"],
                "PidsLimit": _MOST_PROCESSES,
                "OomScoreAdj": EXPENDABLE,
                "ShmSize": _SHARED_MEMORY,
                "LogConfig": {"Type": "none"},
                "Mounts": mounts,
                **({"Memory": memory, "MemorySwap": memory} if memory else {}),
                **({"CpusetCpus": cores} if cores else {}),
                **({"DeviceRequests": [_gpus(self._base.gpus)]} if self._base.gpus else {}),
            },
        }
        try:
            return run_in_container(self._engine, spec, command)
        except (OSError, RefusedError) as error:
            raise trouble("run a command", error) from error

    def _bind(self, path: str, at: str, *, read_only: bool = False) -> dict[str, object]:
        source = self._seen(path)
        return {"Type": "bind", "Source": source, "Target": at, "ReadOnly": read_only}

    def _volumes(self, folder: str, stack: Stack, *, warm: bool) -> list[str]:
        """Volumes of the engine for the project and the home, overlays of the layers."""
        made = []
        for place, last in ((PROJECT, (f"{folder}/files",)), (HOME, ())):
            layers = (*self._layers.below(place, stack, warm=warm), *last)
            lower = ":".join(self._seen(layer) for layer in layers[::-1])
            upper, work = (self._seen(f"{folder}/{name}/{place}") for name in ("upper", "work"))
            options = f"lowerdir={lower},upperdir={upper},workdir={work},userxattr"
            if len(options) > _LONGEST_OPTIONS:
                raise MachineError(
                    "The layers of a run's tree have too long a path.",
                    remedy="Move the project to a folder with a shorter path.",
                )
            try:
                made.append(_volume(self._engine, self._session, options))
            except (OSError, RefusedError) as error:
                raise trouble("make a volume", error) from error
        return made

    def _hand_over(self) -> None:
        """Let layers belong to whom commands run as, so that they can write to what these show."""
        with os.scandir(self._base.place) as found:
            new = {entry.name for entry in found if entry.name[0] in "hl"} - self._given
        for name in new:
            give(f"{self._base.place}/{name}", *self._owner)
        self._given |= new

    def _seen(self, path: str) -> str:
        seen = self._engine.host_path(Path(path))
        if seen is None:
            raise MachineError(
                f"The engine does not see {path}, which is in this container alone.",
                remedy="Mount its folder into this container, or let TMPDIR name one that is.",
            )
        return seen


@contextmanager
def open_trees(base: Base) -> Iterator[ContainerTrees]:
    """The trees of a session; in the end the engine has nothing more of it."""
    if not base.image:
        raise SettingsError(
            "Runs are to be in containers, and no `image` says from what.",
            remedy=_NO_IMAGE,
        )
    if (engine := find()) is None:
        raise MachineError("No container engine answers.", remedy=_REMEDY)
    require_paths(base.sandbox)
    with _place(engine, base.place) as (place, session), watched(_ENGINE, engine.path, session):
        try:
            yield ContainerTrees(replace(base, place=place), engine, session)
        finally:
            engine.sweep(session)


def end(place: Path) -> None:
    """Remove what a killed session with this place has left with the engine."""
    if (engine := find()) and (seen := engine.host_path(place)):
        engine.sweep(seen)


_REMEDY = "Start Docker or Podman, and let this user use its socket; or set `isolation: copy`."
_NO_IMAGE = "Set `image` to one with what the project needs, such as python:3.13-slim."


def obstacle(base: Base) -> Obstacle | None:
    """Try it: a container of this image with the project in it. The image is fetched for that."""
    engine = find()
    if engine is None:
        return Obstacle("no container engine answers on a socket that this user may use", _REMEDY)
    if not base.image:
        return Obstacle("no `image` says from what", _NO_IMAGE)
    try:
        _try(engine, base)
    except MachineError as error:
        return Obstacle(error.message.rstrip("."), error.remedy)
    except (OSError, RefusedError) as error:
        return Obstacle(
            f"the engine starts no container of {base.image} with this project: {error}",
            f"Check that `docker run --rm {base.image} true` works, or set `image` to another one.",
        )
    return None


def _try(engine: Engine, base: Base) -> None:
    """Start nothing in a tree of the project; MachineError or RefusedError where that fails."""
    root = engine.host_path(base.root)
    if root is None:
        raise MachineError(f"the engine does not see {base.root}", remedy=_REMEDY)
    with _place(engine, base.place) as (place, session):
        if odd := [path for path in (root, session) if _ODD & set(path)]:
            raise MachineError(
                f"a volume cannot name {odd[0]!r}",
                remedy="Move it to a path without colon, comma and quotes.",
            )
        engine.require(base.image)
        folder = tempfile.mkdtemp(dir=place)
        try:
            for name in ("lower", "upper", "work"):
                os.mkdir(f"{folder}/{name}")
            at = f"{session}/{os.path.relpath(folder, place)}"
            options = f"lowerdir={at}/lower:{root},upperdir={at}/upper,workdir={at}/work,userxattr"
            _start(engine, base.image, _volume(engine, session, options), session)
        finally:
            discard(folder)


def _start(engine: Engine, image: str, volume: str, session: str) -> None:
    """Start nothing in a container with a volume, which is deleted."""
    try:
        spec = {
            "Image": image,
            "Entrypoint": ["/bin/sh", "-c", "ls /mnt"],
            "Labels": {LABEL: session},
            "AttachStdout": True,
            "AttachStderr": True,
            "HostConfig": {
                "NetworkMode": "none",
                "LogConfig": {"Type": "none"},
                "Mounts": [{"Type": "volume", "Source": volume, "Target": "/mnt"}],
            },
        }
        run = run_in_container(engine, spec, Command("", Path("/"), _PATIENCE))
        if not run.ok:
            raise RefusedError(0, run.errors.strip() or f"exit code {run.returncode}")
    finally:
        engine.ask("DELETE", f"/volumes/{volume}", force=1)


def _volume(engine: Engine, session: str, options: str) -> str:
    """Make a volume that is an overlay; its name."""
    name = f"autoresearch-{uuid.uuid4().hex}"
    engine.ask(
        "POST", "/volumes/create",
        {
            "Name": name, "Driver": "local", "Labels": {LABEL: session},
            "DriverOpts": {"type": "overlay", "device": "overlay", "o": options},
        },
    )  # fmt: skip
    return name


@contextmanager
def _place(engine: Engine, place: Path) -> Iterator[tuple[Path, str]]:
    """A folder for layers that the engine sees, and its path there: the session's, if it does.

    Where we are in a container of our own it has to be one that is mounted there.
    """
    if seen := engine.host_path(place):
        yield place, seen
        return
    shared = Path(os.environ.get("RUNNER_TEMP") or "/nowhere")
    if not shared.is_dir() or not engine.host_path(shared):
        raise MachineError(f"the engine sees neither {place} nor RUNNER_TEMP", remedy=_REMEDY)
    with session_place([shared], end) as found:
        yield found, engine.host_path(found) or ""


def _variables(allow: Sequence[str]) -> dict[str, str]:
    """The variables of a command, but for those that lead to places of this machine.

    What the user's settings give by name stays.
    """
    given = {entry.partition("=")[0] for entry in checked(allow)}
    found = environment(allow, {})
    kept = {n: v for n, v in found.items() if n != "PATH" and v[:1] != "/"}
    return kept | _WRITABLE | {n: v for n, v in found.items() if n in given}


def _write_passwd(path: str, uid: int, gid: int) -> None:
    """Give whom commands run as a name and a home, as programs ask for them (Java, getpass)."""
    lines = [f"{_USER}:x:{uid}:{gid}::{_HOME}:/bin/sh", "nobody:x:65534:65534::/:/bin/false"]
    if uid:
        lines.insert(0, "root:x:0:0:root:/root:/bin/sh")
    Path(path).write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    os.chmod(path, 0o644)


def weaknesses() -> tuple[str, ...]:
    """Nothing: what is not mounted is not there."""
    return ()


def _gpus(wanted: Sequence[str]) -> dict[str, object]:
    """The request for all GPUs or for these."""
    which = {"Count": -1} if list(wanted) == ["all"] else {"DeviceIDs": list(wanted)}
    return {"Driver": "", "Capabilities": [["gpu"]], **which}


def _profile() -> dict[str, object]:
    """A seccomp profile in the engine's form: all but what no build needs, tracing included.

    A traced first process outlives its container.
    """
    refused = {"names": list(names()), "action": "SCMP_ACT_ERRNO"}
    families = [
        {
            "names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97,
            "args": [{"index": 0, "value": family, "op": "SCMP_CMP_EQ"}],
        }
        for family in (17, 38, 40)  # packets, the kernel's ciphers, the host of a virtual machine
    ]  # fmt: skip
    namespaces = [
        {
            "names": ["clone", "unshare"], "action": "SCMP_ACT_ERRNO",
            "args": [{"index": 0, "value": bit, "valueTwo": bit, "op": "SCMP_CMP_MASKED_EQ"}],
        }
        for bit in (1 << at for at in (17, 25, 26, 27, 28, 29, 30))
    ]  # fmt: skip
    missing = {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [refused, missing, *families, *namespaces],
    }
