"""What can go wrong with a model server, each with one sentence for the host.

A server's own words may repeat what people wrote, so they stand in no error and no log: only short codes of it do.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from bot.errors import InferenceError

_CODE = re.compile(r"[A-Za-z][\w.-]{0,59}")
"""A short code of an error, which unlike a sentence repeats nothing that people wrote."""
_WINDOW = (
    re.compile(r"maximum (?:context|model) length (?:is|of) (\d{2,7})", re.IGNORECASE),
    re.compile(r"['\"]?n_ctx['\"]?\s*[:=(]?\s*(\d{2,7})"),
    re.compile(r"context (?:size|length|window)\D{1,20}(\d{2,7})", re.IGNORECASE),
)
"""How servers tell the size of a model's window in a refusal."""
_TOO_LONG = re.compile(
    r"context[ _](?:length|size|window)|maximum (?:context|model|input)|too (?:long|many tokens)", re.IGNORECASE
)
"""How servers refuse a prompt that is longer than the model's window."""


class ServerTrouble(InferenceError):
    """The server did not do what was asked of it. `passing`: it may do so later, after `after_s` seconds where it said
    when. `status` is that of its answer, 0 where there was none."""

    def __init__(self, sentence: str, *, passing: bool = False, after_s: float | None = None, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status
        self.passing = passing
        self.after_s = after_s


class Refused(ServerTrouble):
    """The server refuses this request: the names of fields in its answer, a code of its own, whether the
    prompt was too long for it and what it says its window is (0: nothing), whether it knows no such model, and whether
    it takes no fields but its own."""

    def __init__(self, sentence: str, status: int, answer: str, named: Collection[str] = ()) -> None:
        super().__init__(sentence, status=status)
        self.named = frozenset(named)
        self.too_long = _TOO_LONG.search(answer) is not None or status == 413
        found = next((match for pattern in _WINDOW if (match := pattern.search(answer))), None)
        self.window = int(found[1]) if found and self.too_long else 0
        self.unknown_model = status == 404 and "model" in answer.lower()
        self.unexpected = "unexpected fields" in answer.lower()


def trouble_of(status: int, answer: Any, raw: str, host: str, after_s: float | None) -> ServerTrouble:
    """Return the trouble that an HTTP status other than 200 is. `answer` is the JSON of it, None where it is none."""
    where = f"the model server at {host}"
    code = _code_of(answer)
    told = f"{status}, {code}" if code else str(status)
    if status in (401, 403):
        return ServerTrouble(f"{where} does not accept the key ({told}): check OPENAI_API_KEY", status=status)
    if status == 402:
        return ServerTrouble(
            f"{where} wants to be paid first ({told}): check the account of OPENAI_API_KEY", status=status
        )
    if status == 429:
        return ServerTrouble(
            f"{where} has had too many requests ({told})", passing=True, after_s=after_s, status=status
        )
    if status in (408, 425) or (status >= 500 and status != 501):
        return ServerTrouble(f"{where} failed ({told})", passing=True, after_s=after_s, status=status)
    if 300 <= status < 400:
        return ServerTrouble(f"{where} sends its callers elsewhere ({told}): put that address into OPENAI_BASE_URL")
    return Refused(f"{where} refused the request ({told})", status, raw, _named(answer, raw))


def error_in(event: Any, host: str) -> ServerTrouble | None:
    """Return the trouble that an event of a stream tells of, where it does: servers put an error into one when they
    have begun to answer already."""
    error = event.get("error") if isinstance(event, dict) else None
    if not error:
        return None
    code = _code_of(event)
    told = f" ({code})" if code else ""
    return ServerTrouble(f"the model server at {host} failed while it wrote{told}", passing=True)


def _code_of(answer: Any) -> str:
    """Return the short code in an error's JSON; empty where there is none."""
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return ""
    given = (error.get("code"), error.get("type"))
    return next((one for one in given if isinstance(one, str) and _CODE.fullmatch(one)), "")


def _named(answer: Any, raw: str) -> set[str]:
    """Return what may be names of fields in an answer: what stands in quotes, is named as the parameter, or where."""
    found = set(re.findall(r"['\"`]([a-z][a-z_]{0,39})['\"`]", raw[:4000]))
    found |= set(re.findall(r"\b([a-z]+(?:_[a-z]+)+)\b", raw[:4000]))
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict) and isinstance(error.get("param"), str):
        found.add(error["param"])
    return found
