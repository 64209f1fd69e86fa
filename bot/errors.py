"""Every error that Inkling raises on purpose.

InklingError
├── PersonError              the person who asked can mend it; told to them alone, in their language
│   ├── BadInput             what they wrote or chose cannot be used
│   ├── NotAllowed           it is not theirs to do
│   ├── NotHere              switched off, or not in this channel
│   ├── Gone                 what they clicked on has expired or was deleted
│   ├── AlreadyKept          they did the same before, and may not have heard that it is kept
│   └── Busy                 a queue or a cap is full; says when to come back
├── HostError                the host can mend it; one readable line on the terminal or in the log
│   ├── SettingsError        every mistake in the settings, together
│   ├── WeightsError         a model that is missing, broken or of the wrong kind
│   ├── StorageError         the database: too new, in use by another copy, disk full, damaged
│   └── PlatformError        something this machine lacks
├── Unreached                something could not be shown in Discord; nothing else went wrong
└── InferenceError           the models could not answer
    ├── WorkerUnavailable    not ready yet, unreachable, or gone for good
    ├── WorkerRefused        the worker said that the request itself is wrong
    └── Cancelled            somebody pressed Cancel
"""

from __future__ import annotations

from collections.abc import Iterable


class InklingError(Exception):
    """The root of the tree."""


class PersonError(InklingError):
    """A mistake that the person who asked can mend.

    `key` names a sentence in the catalogues (without its `error.` prefix); `params` fill its places. They may hold
    what people wrote, so `str(error)` is only the key.
    """

    def __init__(self, key: str, **params: str | int | float) -> None:
        super().__init__(key)
        self.key = key
        self.params = params


class BadInput(PersonError):
    """What the person wrote or chose cannot be used."""


class NotAllowed(PersonError):
    """The person may not do that."""


class NotHere(PersonError):
    """The command is switched off, or not for this channel."""


class Gone(PersonError):
    """What the person clicked on has expired or was deleted."""


class AlreadyKept(PersonError):
    """The person did the same before, and may not have heard that it is kept. `number` finds it for *Keep it again*."""

    def __init__(self, number: int) -> None:
        super().__init__("already_kept")
        self.number = number


class Busy(PersonError):
    """A queue or a cap is full. `retry_after_s` is in seconds."""

    def __init__(self, key: str, *, retry_after_s: float, **params: str | int | float) -> None:
        super().__init__(key, retry_after_s=max(1, round(retry_after_s)), **params)
        self.retry_after_s = retry_after_s


class HostError(InklingError):
    """A mistake that the host can mend; its text is one readable sentence that says what to do."""


class SettingsError(HostError):
    """All mistakes found in the settings, each naming the variable, what it holds and what is allowed."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class WeightsError(HostError):
    """A model that is missing, broken or of the wrong kind."""


class StorageError(HostError):
    """The database is too new, damaged, in use by another copy, or the disk is full."""


class PlatformError(HostError):
    """Something that this machine lacks."""


class Unreached(InklingError):
    """Something could not be shown in Discord, or nobody can tell whether it was; nothing else went wrong."""


class InferenceError(InklingError):
    """The models could not answer."""


class WorkerUnavailable(InferenceError):
    """The worker is not ready yet, cannot be reached, or was given up after repeated crashes."""


class WorkerRefused(InferenceError):
    """The worker says that the request itself is wrong."""


class Cancelled(InferenceError):
    """The job was cancelled by the person who asked."""
