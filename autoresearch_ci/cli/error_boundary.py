"""The one place where errors become words and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from autoresearch_ci.core.errors import AutoresearchError

DONE, USER, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130

_MACHINE = {
    errno.ENOSPC: "Free some space on that device",
    errno.EDQUOT: "Free some space, or ask for a larger quota",
    errno.EROFS: "Work in a place that can be written to",
    errno.EACCES: "Give yourself the permission (ls -l shows who has it)",
    errno.EMFILE: "Raise the limit on open files (ulimit -n)",
}
_AGAIN = ", then run again: every finished experiment is in the log, and the campaign goes on."


def exit_code(action: Callable[[], int], words: Sequence[str]) -> int:
    """Do it; on an error say what happened and what to do, on standard error."""
    try:
        code = action()
        with suppress(BrokenPipeError):
            sys.stdout.flush()
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - the boundary
        return _code_of(error, words)
    else:
        return code
    finally:
        _let_go_of_output()


def _code_of(error: BaseException, words: Sequence[str]) -> int:
    code = USER
    match error:
        case AutoresearchError():
            _explain(error.message, error.remedy, error.detail)
        case KeyboardInterrupt():
            code = INTERRUPTED
        case BrokenPipeError():
            code = DONE
        case MemoryError():
            _explain("This machine is out of memory.", f"Close other programs{_AGAIN}")
        case OSError(errno=int(number)) if number in _MACHINE:
            where = f": {error.filename}" if error.filename else ""
            _explain(f"{error.strerror}{where}.", _MACHINE[number] + _AGAIN)
        case _:
            _report(error, words)
            code = BUG
    return code


def _explain(message: str, remedy: str, detail: str = "") -> None:
    from autoresearch_ci.core.text import clean  # noqa: PLC0415
    from autoresearch_ci.reports.terminal import Paint, has_colour  # noqa: PLC0415

    paint = Paint(colour=has_colour(sys.stderr))
    lines = [f"{paint('error:', 'bad')} {message}"]
    lines += [f"    {clean(line)}" for line in detail.splitlines()]
    _tell("\n".join([*lines, remedy]))


def _report(error: BaseException, words: Sequence[str]) -> None:
    from autoresearch_ci.cli.bug import report  # noqa: PLC0415 - needed once in a blue moon

    _tell(report(error, words))


def _tell(text: str) -> None:
    # Where nobody is listening any more, the exit code still says it.
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _let_go_of_output() -> None:
    """Keep the interpreter from complaining at exit about a reader that went away."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
