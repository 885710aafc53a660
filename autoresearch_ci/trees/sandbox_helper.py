"""Confine this process and become another program: `python -I -S sandbox_helper.py IN OUT WORDS`.

A program of its own, since the harness has threads. It imports nothing of ours, and little else,
to start fast. From the descriptor IN comes a marshalled dictionary, see `sandbox.Confinement`.
What goes wrong before the program begins is written to the descriptor OUT, which then closes.
"""

from __future__ import annotations

import ctypes
import marshal
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` takes as long to import as all the rest
    from typing import Any

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same on all processors
_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2
_O_PATH = 0o10000000
_COARSE = 5  # the clock by which files are stamped

# <linux/landlock.h>: rights of files by the version in which they came.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_OF_VERSION = {1: (1 << 13) - 1, 2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEV}
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_TCP = 3  # to bind and to connect
_SCOPES = 3  # abstract sockets and signals

_libc: Any = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def landlock_version() -> int:
    """Return the version of Landlock's interface, 0 where the kernel has none or it is off."""
    return int(max(_libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1)), 0))


def _landlock(version: int, read: list[str], write: list[str], *, network: bool) -> None:
    files = sum(rights for since, rights in _OF_VERSION.items() if since <= version)
    wanted = _Ruleset(files, 0 if network else _TCP, _SCOPES)
    size = 8 if version < 4 else 16 if version < 6 else 24  # noqa: PLR2004 - versions and bytes
    ruleset = _called(_libc.syscall(_CREATE, ctypes.byref(wanted), ctypes.c_size_t(size), 0))
    for paths, rights in ((read, _READ), (write, files)):
        for path in paths:
            _allow(ruleset, path, rights & files)
    _called(_libc.syscall(_RESTRICT, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        parent = os.open(path, _O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there needs no rule
        return
    if not os.path.isdir(path):
        rights &= _OF_FILES
    rule = _PathBeneath(rights, parent)
    _called(_libc.syscall(_ADD_RULE, ruleset, 1, ctypes.byref(rule), 0))
    os.close(parent)


def _called(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _confine(wanted: dict[str, Any]) -> None:
    _called(_libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
    if version := landlock_version():
        _landlock(version, wanted["read"], wanted["write"], network=wanted["network"])
    if wanted["user"] is not None:
        os.setgroups([])
        os.setresgid(*[wanted["user"]] * 3)
        os.setresuid(*[wanted["user"]] * 3)
    os.umask(wanted["umask"])
    if wanted["filter"]:
        program = _Program(len(wanted["filter"]) // 8, wanted["filter"])
        _called(_libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0))


def main() -> None:
    """Read what is wanted, confine, and become the program."""
    source, sink = int(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(sink, False)
    try:
        with os.fdopen(source, "rb") as file:
            wanted = marshal.load(file)  # noqa: S302 - the harness wrote it
        _confine(wanted)
        while time.clock_gettime_ns(_COARSE) <= wanted["after"]:
            time.sleep(0.001)
        os.execve(sys.argv[3], sys.argv[3:], wanted["env"])  # noqa: S606 - a shell is what it is
    except OSError as error:
        os.write(sink, str(error).encode())
        sys.exit(126)


if __name__ == "__main__":
    main()
