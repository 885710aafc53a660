"""The seccomp filter of sandboxed commands: system calls that no build or training needs.

A classic BPF program, as seccomp(2) has it. It closes what Landlock cannot: other sockets than
those of `families`, debugging, namespaces, io_uring (which gets round any filter), kernel keys,
and shared memory and queues that would outlast the run.
"""

from __future__ import annotations

import errno
import platform
import socket
import struct

from autoresearch_ci.trees import Network

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""The value of seccomp_data.arch, and the column in the tables of numbers below."""

_REFUSED = {
    # other users' files, the kernel
    "open_by_handle_at": (304, 265),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "syslog": (103, 116),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    # another view of the file system
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
}
_REFUSED_BESIDE_OTHERS = {  # where processes and IPC are those of the machine
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
_MISSING = {  # ENOSYS: callers fall back on the calls that came before
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "clone3": (435, 435),
}
_CLONE, _UNSHARE, _SOCKETS, _IOCTL = (56, 220), (272, 97), ((41, 198), (53, 199)), (16, 29)
_PRLIMIT = (302, 261)

_NEW_NAMESPACES = 0x7E020000
_NEW_TIME = 0x80  # in `unshare` alone; in `clone` it is part of a signal's number
_INJECT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: type for the user at their terminal
_X32 = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT, _ARGUMENT_SIZE = 0, 4, 16, 8
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


def is_supported() -> bool:
    """Tell whether there is a table for this processor."""
    return platform.machine() in _ARCHITECTURES


def names() -> tuple[str, ...]:
    """Name the calls that are refused in a container, whose IPC and processes are its own."""
    debugging = ("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp")
    rings = (name for name in _MISSING if name != "clone3")
    return (*_REFUSED, *debugging, *rings)


def build(network: Network, machine: str | None = None, *, alone: bool = False) -> bytes:
    """Return the filter as an array of `struct sock_filter`; KeyError for an unknown machine.

    A command that is `alone`, in namespaces of its own, may debug, share memory and have sockets
    of the internet, whatever the network is.
    """
    arch, column = _ARCHITECTURES[machine or platform.machine()]
    families: list[int] = [socket.AF_UNIX]
    if alone or network is Network.HOST:
        families += [socket.AF_INET, socket.AF_INET6, 16]  # AF_NETLINK, which macOS has not
    program = [
        _op(_LOAD, _ARCH),
        _op(_EQUAL, arch, 1, 0),
        _op(_RETURN, _ERRNO | errno.ENOSYS),  # 32-bit programs have other numbers
        _op(_LOAD, _NUMBER),
        _op(_AT_LEAST, _X32, 0, 1),
        _op(_RETURN, _ERRNO | errno.ENOSYS),
    ]
    for numbers in (_REFUSED if alone else _REFUSED | _REFUSED_BESIDE_OTHERS).values():
        program += _refuse(numbers[column], errno.EPERM)
    for numbers in _MISSING.values():
        program += _refuse(numbers[column], errno.ENOSYS)
    program += _with_bits(_CLONE[column], _NEW_NAMESPACES)
    program += _with_bits(_UNSHARE[column], _NEW_NAMESPACES | _NEW_TIME)
    for numbers in _SOCKETS:
        program += _unless(numbers[column], 0, families, errno.EAFNOSUPPORT)
    program += _when(_IOCTL[column], 1, _INJECT)
    if not alone:
        program += _unless(_PRLIMIT[column], 0, [0], errno.EPERM)  # limits of itself alone
    return b"".join([*program, _op(_RETURN, _ALLOW)])


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _refuse(number: int, code: int) -> list[bytes]:
    return [_op(_EQUAL, number, 0, 1), _op(_RETURN, _ERRNO | code)]


def _with_bits(number: int, bits: int) -> list[bytes]:
    """Refuse a call whose first argument has any of these bits."""
    return _of(number, 0, [_op(_ANY_BIT, bits, 0, 1), _op(_RETURN, _ERRNO | errno.EPERM)])


def _when(number: int, argument: int, values: tuple[int, ...]) -> list[bytes]:
    """Refuse a call with one of these values as this argument."""
    tests = []
    for value in values:
        tests += _refuse(value, errno.EPERM)
    return _of(number, argument, tests)


def _unless(number: int, argument: int, values: list[int], code: int) -> list[bytes]:
    """Refuse a call with any other value than these as this argument."""
    tests = [_op(_EQUAL, value, len(values) - at, 0) for at, value in enumerate(values)]
    return _of(number, argument, [*tests, _op(_RETURN, _ERRNO | code)])


def _of(number: int, argument: int, tests: list[bytes]) -> list[bytes]:
    """Make these tests of the lower half of an argument of one call, which else is allowed."""
    return [
        _op(_EQUAL, number, 0, len(tests) + 2),
        _op(_LOAD, _FIRST_ARGUMENT + _ARGUMENT_SIZE * argument),
        *tests,
        _op(_RETURN, _ALLOW),
    ]
