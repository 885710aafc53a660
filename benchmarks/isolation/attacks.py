"""Attacks of a run on the machine and on other runs: programs, and how to tell that one worked.

An attack is Python source that runs in a tree, with the names in `Rig.names` filled in as
`$name`. It has worked where its output holds the planted secret or the word OPEN, or where the
rig is not as it was (`Rig.harm`). With `then`, that runs in the next tree and tells.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attack:
    """`shell` is for attacks that are shorter so; `then` runs without what is warm."""

    group: str
    name: str
    source: str
    then: str = ""


CALL = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *words):
    result = libc.syscall(number, *words)
    return result, ctypes.get_errno()
"""
SAY = """
import os
def say(path):
    try:
        print(open(path, "rb").read(100000).decode("latin-1"))
    except OSError as error:
        print(error)
"""


def read(path: str) -> str:
    return f'{SAY}say("{path}")'


def opens(path: str, mode: str = "r+b") -> str:
    return f'import os, stat\nopen("{path}", "{mode}").close()\nif not stat.S_ISREG(os.stat("{path}").st_mode) or "{path}".startswith("/proc"): print("OPEN")'


def number(x86: int, aarch: int) -> str:
    return f"{{'x86_64': {x86}, 'aarch64': {aarch}}}[os.uname().machine]"


def succeeds(numbers: tuple[int, int], *words: object) -> str:
    """A system call that has to fail."""
    arguments = ", ".join(map(str, words))
    return (
        f"{CALL}result, code = call({number(*numbers)}, {arguments})\nif result >= 0: print('OPEN')"
    )


def other(pid: str) -> str:
    """End where the id is one of the run's own processes, as it may be in a namespace of them."""
    return (
        f"said = open('/proc/{pid}/cmdline', 'rb').read()\n"
        "assert b'END_OF_ATTACK' not in said and not said.endswith(b'-\\0')\n"
    )


HOME_SECRETS = (
    *(".ssh/id_ed25519", ".netrc", ".aws/credentials", ".config/gh/hosts.yml", ".npmrc"),
    *(".docker/config.json", ".git-credentials", ".cargo/credentials.toml", ".pypirc"),
    *(".cache/huggingface/token", ".gnupg/key", ".bash_history", ".kube/config"),
)

_SEE = "Other processes"
_PROCESSES = [
    Attack(_SEE, "the environment that it gets", "import os; print(os.environ)"),
    Attack(
        _SEE,
        "the environment of every process",
        f"{SAY}\nfor pid in filter(str.isdecimal, os.listdir('/proc')): say(f'/proc/{{pid}}/environ')",
    ),
    Attack(
        _SEE,
        "the arguments of every process",
        f"{SAY}\nfor pid in filter(str.isdecimal, os.listdir('/proc')): say(f'/proc/{{pid}}/cmdline')",
    ),
    Attack(
        _SEE,
        "the memory of a process",
        "for line in open('/proc/$victim/maps'):\n"
        "    if '[stack]' in line or '[heap]' in line:\n"
        "        first, last = (int(end, 16) for end in line.split()[0].split('-'))\n"
        "        memory = open('/proc/$victim/mem', 'rb'); memory.seek(first)\n"
        "        print(memory.read(last - first).decode('latin-1'))",
    ),
    Attack(_SEE, "the open files of a process", read("/proc/$victim/fd/7")),
    Attack(_SEE, "the working directory of a process", read("/proc/$victim/cwd/secret")),
    Attack(_SEE, "the root of a process", read("/proc/$victim/root$elsewhere/secret")),
    Attack(_SEE, "ptrace", other("$victim") + succeeds((101, 117), 16, "$victim", 0, 0)),
    Attack(
        _SEE,
        "ptrace of the harness",
        other("$harness") + succeeds((101, 117), 0x4206, "$harness", 0, 0),
    ),
    Attack(
        _SEE,
        "process_vm_readv",
        f"{CALL}data = ctypes.create_string_buffer(8)\n"
        "class V(ctypes.Structure): _fields_ = [('b', ctypes.c_void_p), ('l', ctypes.c_size_t)]\n"
        "here = V(ctypes.addressof(data), 8)\n"
        "for line in open('/proc/$victim/maps'):\n"
        "    there = V(int(line.split('-')[0], 16), 8)\n"
        f"    result, code = call({number(310, 270)}, $victim, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)\n"
        "    if result > 0: print('OPEN')",
    ),
    Attack(
        _SEE,
        "pidfd_getfd",
        f"{CALL}fd, _ = call(434, $victim, 0)\nresult, _ = call(438, fd, 7, 0)\n"
        "if result >= 0: print(os.pread(result, 100, 0))",
    ),
    Attack(_SEE, "a stop signal for a process", "import os; os.kill($victim, 19)"),
    Attack(_SEE, "a kill of a process", "import os; os.kill($victim, 9)"),
    Attack(_SEE, "a kill of everything", "import os; os.kill(-1, 9)"),
    Attack(_SEE, "a stop signal for the harness", "import os; os.kill($harness, 19)"),
    Attack(
        _SEE,
        "a signal for what started it",
        # Among processes of its own a number may be the harness's by chance.
        "import os\n"
        "try: among = os.readlink('/proc/self/ns/pid')\n"
        "except OSError: among = '$processes'\n"
        "if among == '$processes' and os.getppid() == $harness:\n"
        "    os.kill(os.getppid(), 0); print('OPEN')",
    ),
    Attack(
        _SEE,
        "a signal by a descriptor",
        f"{CALL}fd, _ = call(434, $victim, 0)\nresult, _ = call(424, fd, 19, None, 0)",
    ),
    Attack(
        _SEE,
        "limits of a process",
        "import resource; resource.prlimit($victim, resource.RLIMIT_CPU, (1, 1)); print('OPEN')",
    ),
    Attack(
        _SEE,
        "the priority of a process",
        "import os; os.setpriority(os.PRIO_PROCESS, $victim, 19); print('OPEN')",
    ),
    Attack(
        _SEE,
        "the processors of a process",
        "import os; os.sched_setaffinity($victim, {0}); print('OPEN')",
    ),
    Attack(
        _SEE,
        "words typed at the terminal",
        "import fcntl; fcntl.ioctl(0, 0x5412, b'x'); print('OPEN')",
    ),
    Attack(_SEE, "the kernel's keys", succeeds((248, 217), 'b"user"', 'b"a"', 'b"b"', 1, -4), ""),
]

_FILES = "Secrets in files"
_SECRETS = [
    *(Attack(_FILES, f"~/{name}", read(f"$home/{name}")) for name in HOME_SECRETS),
    Attack(_FILES, "a file that everybody may read, elsewhere", read("$elsewhere/secret")),
    Attack(
        _FILES, "the same by the root of its own process", read("/proc/self/root$elsewhere/secret")
    ),
    Attack(
        _FILES,
        "the same by a link",
        f"import os; os.symlink('$elsewhere/secret', 'l'); {read('l').strip()}",
    ),
    Attack(
        _FILES,
        "the same by a hard link",
        f"import os; os.link('$elsewhere/secret', 'h')\n{read('h')}",
    ),
    Attack(
        _FILES,
        "the same by a rename",
        f"import os; os.rename('$elsewhere/secret', 'r')\n{read('r')}",
    ),
    Attack(
        _FILES,
        "the same by a handle",
        f"{CALL}import struct\n"
        "handle = ctypes.create_string_buffer(struct.pack('Ii', 128, 0) + bytes(128))\n"
        "mount = ctypes.c_int()\n"
        f"call({number(303, 264)}, -100, b'$elsewhere/secret', handle, ctypes.byref(mount), 0)\n"
        "at = os.open('/usr', os.O_RDONLY)\n"
        f"fd, code = call({number(304, 265)}, at, handle, 0)\n"
        "print(os.read(fd, 100) if fd >= 0 else code)",
    ),
    Attack(_FILES, "the shadow file", "print('OPEN' if open('/etc/shadow').read() else '')"),
    Attack(_FILES, "a file of the user's that is not tracked", read("$root/notes.txt")),
    Attack(_FILES, "an edit of the user's that is not committed", read("$root/edited.txt")),
    Attack(_FILES, ".git/config", read("$root/.git/config")),
    Attack(_FILES, ".git/config from where it is", read(".git/config")),
    Attack(_FILES, ".git/config above", f"import os\nos.chdir('/')\n{read('.$root/.git/config')}"),
    Attack(
        _FILES,
        "what git says of the remote",
        "import subprocess; subprocess.run(['git', 'remote', '-v']); subprocess.run(['git', '-C', '$root', 'config', '-l'])",
    ),
    Attack(
        _FILES,
        "the layers of other trees",
        "import os\nfor a, d, f in os.walk('$place'):\n    if 'other-run' in f: print('OPEN')",
    ),
]

_TREE = "The user's tree"
_WRITES = [
    Attack(_TREE, "a write to a tracked file", "open('$root/main.py', 'a').write('x')"),
    Attack(_TREE, "a write to ignored data", "open('$root/data/set', 'a').write('x')"),
    Attack(_TREE, "a write to a dependency", "open('$root/.venv/lib/dep.py', 'a').write('x')"),
    Attack(_TREE, "deletion", "import shutil; shutil.rmtree('$root', ignore_errors=True)"),
    Attack(
        _TREE,
        "modes",
        "import os\nfor a, d, f in os.walk('$root'):\n    for n in f + d: os.chmod(a + '/' + n, 0o777)",
    ),
    Attack(_TREE, "times", "import os; os.utime('$root/data/set', (1, 1))"),
    Attack(_TREE, "a file in .git/hooks", "open('$root/.git/hooks/pre-push', 'w').write('x')"),
    Attack(_TREE, ".git/config written", "open('$root/.git/config', 'a').write('x')"),
    Attack(
        _TREE,
        "a hard link written through",
        "import os\nos.link('$root/data/set', 'data/l')\nopen('data/l', 'a').write('x')",
    ),
    Attack(_TREE, "a file beside the project", "open('$root/../planted', 'w').write('x')"),
    Attack(_TREE, "the home: .bashrc", "open('$home/.bashrc', 'a').write('x')"),
    Attack(_TREE, "the home: .gitconfig", "open('$home/.gitconfig', 'a').write('x')"),
    Attack(
        _TREE,
        "the system: a program",
        "open('/usr/local/bin/planted', 'w').write('x'); print('OPEN')",
    ),
]

_KERNEL = "Kernel and mounts"
_MOUNTS = [
    Attack(
        _KERNEL,
        "the root mounted writable again",
        succeeds((165, 40), 'b"none"', 'b"/usr"', "None", 0x1020, "None") + "\nopen('/usr/x', 'w')",
    ),
    Attack(
        _KERNEL,
        "a mount of its own",
        succeeds((165, 40), 'b"tmpfs"', 'b"/tmp"', 'b"tmpfs"', 0, "None"),
    ),
    Attack(_KERNEL, "an unmount", succeeds((166, 39), 'b"$root"', 2)),
    Attack(_KERNEL, "pivot_root", succeeds((155, 41), 'b"."', 'b"."')),
    Attack(
        _KERNEL,
        "a namespace of users, and a mount in it",
        f"{CALL}r, _ = call({number(272, 97)}, 0x10020000)\nif r == 0 and call({number(165, 40)}, b'tmpfs', b'/usr', b'tmpfs', 0, None)[0] == 0: print('OPEN')",
    ),
    Attack(
        _KERNEL,
        "the namespaces of a process",
        f"{CALL}fd = os.open('/proc/$victim/ns/mnt', 0)\nif call({number(308, 268)}, fd, 0)[0] == 0: print('OPEN')",
    ),
    Attack(
        _KERNEL,
        "a disk made anew and read",
        "import os\nos.mknod('disk', 0o60600, os.stat('$root').st_dev)\nopen('disk', 'rb').read(1); print('OPEN')",
    ),
    Attack(
        _KERNEL,
        "the disks in /dev",
        "import glob\nfor d in glob.glob('/dev/[vsx]d?') + glob.glob('/dev/nvme*'):\n    open(d, 'rb').read(1); print('OPEN')",
    ),
    Attack(_KERNEL, "a loop device", opens("/dev/loop-control")),
    Attack(_KERNEL, "/dev/mem", opens("/dev/mem")),
    Attack(_KERNEL, "/dev/kmsg", opens("/dev/kmsg", "wb")),
    Attack(
        _KERNEL,
        "the kernel's log",
        succeeds((103, 116), 3, "ctypes.create_string_buffer(1000)", 1000),
    ),
    Attack(_KERNEL, "core_pattern", opens("/proc/sys/kernel/core_pattern")),
    Attack(_KERNEL, "the kernel's memory", opens("/proc/kcore", "rb")),
    Attack(_KERNEL, "the keys for emergencies", opens("/proc/sysrq-trigger", "wb")),
    Attack(
        _KERNEL,
        "a setting below /sys",
        "import glob\nfor p in glob.glob('/sys/module/*/parameters/*')[:500]:\n    try: open(p, 'r+').close(); print('OPEN')\n    except OSError: pass",
    ),
    Attack(
        _KERNEL, "control groups", "import os\nos.mkdir('/sys/fs/cgroup/planted'); print('OPEN')"
    ),
    Attack(
        _KERNEL,
        "a program for the kernel (bpf)",
        succeeds((321, 280), 5, "ctypes.create_string_buffer(bytes([1]) + bytes(127))", 128),
    ),
    Attack(_KERNEL, "a kernel module", succeeds((313, 273), 0, 'b""', 0)),
    Attack(
        _KERNEL,
        "the clock",
        "import time; time.clock_settime(time.CLOCK_REALTIME, time.time()); print('OPEN')",
    ),
    Attack(
        _KERNEL,
        "the name of the machine",
        "import socket; before = socket.gethostname(); socket.sethostname('planted')",
    ),
    Attack(
        _KERNEL,
        "more rights by a set-user-id program",
        "print('OPEN' if 'NoNewPrivs:\\t0' in open('/proc/self/status').read() else '')",
    ),
]

_NETWORK = "The network, with `network: none`"
_SOCKETS = [
    Attack(
        _NETWORK,
        "a service on loopback (IPv4)",
        "from socket import *; print(create_connection(('127.0.0.1', $port), 2).recv(100))",
    ),
    Attack(
        _NETWORK,
        "a service on loopback (IPv6)",
        "from socket import *; print(create_connection(('::1', $port6), 2).recv(100))",
    ),
    Attack(
        _NETWORK,
        "a service on loopback (UDP)",
        "from socket import *; s = socket(AF_INET, SOCK_DGRAM); s.settimeout(1); s.sendto(b'x', ('127.0.0.1', $udp)); print(s.recv(100))",
    ),
    Attack(
        _NETWORK,
        "a service at the machine's address",
        "from socket import *; print(create_connection(('$address', $port), 2).recv(100))",
    ),
    Attack(
        _NETWORK,
        "another machine (TCP)",
        "from socket import *\ntry: create_connection(('192.0.2.1', 443), 1)\nexcept TimeoutError: print('OPEN')",
    ),
    Attack(
        _NETWORK,
        "another machine (UDP)",
        "from socket import *; socket(AF_INET, SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53)); print('OPEN')",
    ),
    Attack(
        _NETWORK,
        "a raw packet",
        "from socket import *; socket(AF_INET, SOCK_RAW, 1).sendto(bytes(8), ('192.0.2.1', 0)); print('OPEN')",
    ),
    Attack(
        _NETWORK,
        "a frame on a card",
        "from socket import *\ns = socket(AF_PACKET, SOCK_RAW)\nfor i, n in if_nameindex():\n    if n != 'lo': s.bind((n, 0)); print('OPEN')",
    ),
    Attack(
        _NETWORK,
        "the machine's cards (netlink)",
        "from socket import *; print('OPEN' if {n for i, n in if_nameindex()} - {'lo'} else '')",
    ),
    Attack(
        _NETWORK,
        "the host of a virtual machine (vsock)",
        "from socket import *\ns = socket(AF_VSOCK, SOCK_STREAM); s.settimeout(1)\ntry: s.connect((2, 1))\nexcept OSError as e: print('' if e.errno in (19, 97, 101) else 'OPEN')",
    ),
    Attack(
        _NETWORK,
        "a name looked up",
        "from socket import *\ntry: getaddrinfo('example.com', 80); print('OPEN')\nexcept OSError: pass",
    ),
    Attack(
        _NETWORK,
        "an abstract socket",
        "from socket import *; s = socket(AF_UNIX); s.connect('\\0$abstract'); print(s.recv(100))",
    ),
    Attack(
        _NETWORK,
        "a socket of the user's (an agent of SSH)",
        "from socket import *; s = socket(AF_UNIX); s.connect('$home/agent.sock'); print(s.recv(100))",
    ),
    Attack(
        _NETWORK,
        "the engine's socket",
        "from socket import *; s = socket(AF_UNIX); s.connect('/var/run/docker.sock'); print('OPEN')",
    ),
]


def found(path: str) -> str:
    return f"import os; print('OPEN' if os.path.exists(os.path.expanduser('{path}')) else '')"


_NEXT = "The next run, and what measures"
_SYSV = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
"""
_DAEMON = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(5); open('{path}', 'w').write('x')\n    os._exit(0)"
_STATE = [
    Attack(_NEXT, "/tmp", "open('/tmp/planted', 'w')", found("/tmp/planted")),
    Attack(_NEXT, "/var/tmp", "open('/var/tmp/planted', 'w')", found("/var/tmp/planted")),
    Attack(
        _NEXT,
        "TMPDIR",
        "import os; open(os.environ['TMPDIR'] + '/planted', 'w')",
        "import os; print('OPEN' if 'planted' in os.listdir(os.environ['TMPDIR']) else '')",
    ),
    Attack(_NEXT, "shared memory", "open('/dev/shm/planted', 'w')", found("/dev/shm/planted")),
    Attack(
        _NEXT,
        "System V shared memory",
        f"{_SYSV}libc.shmget(77, 64, 0o1666)",
        f"{_SYSV}print('OPEN' if libc.shmget(77, 64, 0) >= 0 else '')",
    ),
    Attack(
        _NEXT,
        "System V semaphores",
        f"{_SYSV}libc.semget(77, 1, 0o1666)",
        f"{_SYSV}print('OPEN' if libc.semget(77, 1, 0) >= 0 else '')",
    ),
    Attack(
        _NEXT,
        "System V messages",
        f"{_SYSV}libc.msgget(77, 0o1666)",
        f"{_SYSV}print('OPEN' if libc.msgget(77, 0) >= 0 else '')",
    ),
    Attack(
        _NEXT,
        "a message queue",
        f"{_SYSV}libc.mq_open(b'/planted', 0o102, 0o666, None)",
        f"{_SYSV}print('OPEN' if libc.mq_open(b'/planted', 2) >= 0 else '')",
    ),
    Attack(
        _NEXT,
        "the home",
        "import os; open(os.path.expanduser('~/.profile'), 'w')",
        found("~/.profile"),
    ),
    Attack(
        _NEXT,
        "caches in the home",
        "import os; os.makedirs(os.path.expanduser('~/.cache/pip/planted'))",
        found("~/.cache/pip/planted"),
    ),
    Attack(
        _NEXT,
        "settings of Python in the home",
        "import os, site; os.makedirs(site.getusersitepackages()); open(site.getusersitepackages() + '/usercustomize.py', 'w').write('print(\"OPEN\")')",
        "pass",
    ),
    Attack(
        _NEXT,
        "a module beside the program",
        "open('json.py', 'w').write('print(\"OPEN\")')",
        "import sys; sys.path.insert(0, ''); import json",
    ),
    Attack(_NEXT, "conftest.py", "open('conftest.py', 'w')", found("conftest.py")),
    Attack(
        _NEXT,
        "a dependency changed",
        "open('.venv/lib/dep.py', 'a').write('print(\"OPEN\")')",
        "exec(open('.venv/lib/dep.py').read())",
    ),
    Attack(
        _NEXT,
        "a .pth file among the dependencies",
        "open('.venv/lib/x.pth', 'w')",
        found(".venv/lib/x.pth"),
    ),
    Attack(
        _NEXT,
        "compiled code beside the source",
        "import os; os.makedirs('__pycache__'); open('__pycache__/main.cpython-311.pyc', 'w')",
        found("__pycache__"),
    ),
    Attack(
        _NEXT,
        "the tracked file that measures",
        "open('main.py', 'w').write('print(\"OPEN\")')",
        "exec(open('main.py').read())",
    ),
    Attack(
        _NEXT,
        "a change that hides itself (size and time)",
        "import os\ns = os.stat('main.py'); d = open('main.py').read()\nopen('main.py', 'w').write(d.replace('fine', 'OPEN')); os.utime('main.py', ns=(s.st_atime_ns, s.st_mtime_ns))",
        "exec(open('main.py').read())",
    ),
    Attack(_NEXT, "data", "open('data/set', 'w').write('OPEN')", "print(open('data/set').read())"),
    Attack(
        _NEXT,
        "a repository of its own",
        "import os; os.makedirs('.git'); open('.git/config', 'w')",
        found(".git/config"),
    ),
    Attack(
        _NEXT,
        "twenty thousand files",
        "import os\nos.mkdir('many')\nfor n in range(20000): open(f'many/{n}', 'w').close()",
        found("many"),
    ),
    Attack(
        _NEXT,
        "closed folders",
        "import os\nfor p in ('data', '.venv', '.'): os.chmod(p, 0)",
        "import os; os.listdir('data')\nopen('x', 'w')\nprint('fine')",
    ),
    Attack(
        _NEXT,
        "a path without end",
        "import os\nfor n in range(60): os.mkdir('d' * 200); os.chdir('d' * 200)",
        found("d" * 200),
    ),
    Attack(
        _NEXT,
        "a daemon that writes later",
        _DAEMON.format(path="later"),
        "import time; time.sleep(6)\n" + found("later"),
    ),
    Attack(
        _NEXT,
        "the kernel's keys",
        f"{CALL}call({number(248, 217)}, b'user', b'planted', b'x', 1, -4)",
        f"{CALL}print('OPEN' if call({number(249, 218)}, b'user', b'planted', None, 0)[0] >= 0 else '')",
    ),
    Attack(
        _NEXT,
        "an abstract socket that stays",
        "import os, time\nfrom socket import *\nif os.fork() == 0:\n    os.setsid(); s = socket(AF_UNIX); s.bind('\\0planted-run'); s.listen(); time.sleep(600)",
        "from socket import *; s = socket(AF_UNIX); s.connect('\\0planted-run'); print('OPEN')",
    ),
    Attack(
        _NEXT,
        "two hundred processes",
        "import os, time\nfor n in range(200):\n    if os.fork() == 0: os.setsid(); time.sleep(600)",
        "import os; print('OPEN' if len([p for p in os.listdir('/proc') if p.isdecimal() and os.stat('/proc/' + p).st_uid == os.getuid() and open(f'/proc/{p}/cmdline', 'rb').read() == open('/proc/self/cmdline', 'rb').read()]) > 1 else '')",
    ),
]

ATTACKS = [*_PROCESSES, *_SECRETS, *_WRITES, *_MOUNTS, *_SOCKETS, *_STATE]
