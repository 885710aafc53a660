"""Every error that a user can cause.

    AutoresearchError
    ├── SettingsError      a setting, or a file that settings come from
    ├── TargetError        the target file cannot be the target
    ├── WorkspaceError     the repository is in no state to work in
    │   └── LockedError    another session is at work here
    ├── LedgerError        the log cannot be read or written
    ├── BaselineError      the unchanged project gives no metric
    ├── UntrustedError     the doctor is required, and a verdict of its was wrong or is missing
    ├── OutOfTimeError     something did not end in the time that it was given
    ├── MachineError       the machine lacks something (a program, disk space)
    ├── ProviderError      a model cannot be asked, or gives no usable answer
    └── ForgeError         the forge cannot be asked what must be known

An experiment that fails is none of these: its failure is data, a `Run` and a
verdict. Anything else that is raised is a bug of ours and exits with 3.
"""

from __future__ import annotations

from autoresearch_ci.core.model.values import Usage


class AutoresearchError(Exception):
    """Something the user must change; shown as `message`, then `remedy`; exit code 1.

    `remedy` says what to do next, in one or a few full sentences. `detail` is
    evidence shown between the two, such as the end of a log.
    """

    def __init__(self, message: str, *, remedy: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.detail = detail

    def __str__(self) -> str:
        return "\n".join(part for part in (self.message, self.detail, self.remedy) if part)


class SettingsError(AutoresearchError):
    """A setting is unknown, misspelt, missing or has a bad value."""


class TargetError(AutoresearchError):
    """The target file is missing, empty, binary, a symlink, protected or out of reach."""


class WorkspaceError(AutoresearchError):
    """The repository cannot be worked in as it is."""


class LockedError(WorkspaceError):
    """Another live session holds this campaign or this working tree."""


class LedgerError(AutoresearchError):
    """The ledger is foreign, damaged, from a newer version, or cannot be written."""


class BaselineError(AutoresearchError):
    """The project, unchanged, crashes, times out, or prints no metric."""


class UntrustedError(AutoresearchError):
    """The loop cannot be trusted with this project, or nobody could look."""


class OutOfTimeError(AutoresearchError):
    """The time that was given is over. Whoever gave it says what that means."""


class MachineError(AutoresearchError):
    """The machine lacks something: a program, space on the device, a permission."""


class ProviderError(AutoresearchError):
    """A model cannot be reached, refuses the key, or answers with what is no answer.

    `passing` where the same question may well be answered later; otherwise something has to be
    changed first. `usage` is the most that the calls which failed can have cost.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        detail: str = "",
        passing: bool = False,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, detail=detail)
        self.passing = passing
        self.usage = usage or Usage()


class ForgeError(AutoresearchError):
    """GitHub cannot be reached, refuses the token, or does not answer what must be known."""
