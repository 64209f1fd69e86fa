"""One word: a story that grows by one to three words at a time, by whoever is there and did not write last.

Nobody is waited for. It ends at "The End", after five sentences or a hundred words, or when nobody goes on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from bot.errors import Gone, NotHere
from bot.rules.games import steps, timing
from bot.rules.games.game import Setting
from bot.rules.games.one_word_text import (
    MOST_CHARACTERS,
    WORDS,
    Entry,
    OneWord,
    OneWordTable,
    OneWordView,
    apart,
    as_words,
    entries_of,
    entry_slot,
    is_complete,
    joined,
    last_text,
    readable,
    spans_of,
    with_game,
)
from bot.rules.games.play import requested
from bot.rules.games.table import ASK_MS, GameText, Pace, Request, Texts, text_of
from bot.rules.games.turn_texts import check_words
from bot.rules.provenance import Origin
from bot.rules.text.words import split_words

SILENT_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 10 * 60_000, "days": 3 * 86_400_000})
"""When it ends since nobody goes on, by pace (ms)."""
UNDO_MS = 30_000
"""How long the last words can be taken back by whoever wrote them (ms)."""
NUDGE_MS = 120_000
"""After so long a silence a model can be asked for a word (ms)."""
MODEL_EVERY = 3
"""Of so many entries in a row one is a model's at most."""
MODEL_WORDS = 4
"""Words that the models are asked for; the first that can stand there is taken."""
THE_WHOLE = "all"
"""The slot of the whole text, which is made when the game is over."""

OneWordStep = steps.Step[OneWord]


class OneWordGame:
    """The rules of One word."""

    kind: ClassVar[str] = "one_word"
    version: ClassVar[int] = 1
    players: ClassVar[Mapping[Pace, range]] = MappingProxyType({"tonight": range(2, 101), "days": range(2, 101)})
    least_active: ClassVar[int] = 1
    unmanned: ClassVar[frozenset[str]] = frozenset()
    open_phases: ClassVar[frozenset[str]] = frozenset({"words"})
    stands_in: ClassVar[bool] = False
    settings: ClassVar[tuple[Setting, ...]] = ()
    state_type: ClassVar[type[OneWord]] = OneWord

    # ---- the course

    def begin(self, table: OneWordTable, texts: Texts, now_ms: int) -> OneWordStep:
        """Open the table to all."""
        game = OneWord(since=table.move, last_ms=now_ms)
        return steps.Step(_silent_from(dataclasses.replace(table, phase="words", game=game), now_ms))

    def apply(self, table: OneWordTable, event: steps.Event, texts: Texts, now_ms: int) -> OneWordStep:
        """Return what an event leads to."""
        match event:
            case steps.Wrote():
                return _wrote(table, event, texts, now_ms)
            case steps.Chose(what="undo"):
                return _undone(table, event, texts, now_ms)
            case steps.Chose(what="nudge"):
                return _nudged(table, texts, now_ms)
            case steps.Chose():
                raise NotHere("game_not_now")
            case steps.Mended() | steps.Passed():
                raise Gone("turn_over")
            case steps.Made():
                return _made(table, event, texts, now_ms)
            case steps.PhaseOver():
                return _over(table, texts, now_ms)
            case steps.Hid() if table.is_over and event.slot != THE_WHOLE:
                return _put_together(table, texts, now_ms)
            case _:
                return steps.Step(table)

    def admits(self, table: OneWordTable) -> bool:
        """Always."""
        return True

    def finish(self, table: OneWordTable, texts: Texts, now_ms: int) -> OneWordStep:
        """End with the words that there are."""
        return _over(table, texts, now_ms)

    # ---- what is seen

    def view(self, table: OneWordTable, texts: Texts, viewer: int | None) -> OneWordView:
        """Return what a seat sees: all words, and whose they are."""
        game = table.begun
        entries = entries_of(game, texts)
        last = last_text(game, texts)
        mine = last is not None and viewer is not None and last.seat == viewer and not table.is_over
        return OneWordView(
            text=joined(entry.text for entry in entries),
            entries=entries,
            words=len(split_words(joined(entry.text for entry in entries))),
            can_write=viewer is not None and not table.is_over and _may_write(table, viewer),
            undo=last.slot if last is not None and mine else "",
            undo_until_ms=last.created_ms + UNDO_MS if last is not None and mine else None,
            nudge_from_ms=game.last_ms + NUDGE_MS if not table.is_over and _can_nudge(table, texts) else None,
        )

    def story(self, table: OneWordTable, texts: Texts) -> Sequence[str]:
        """Return the whole text, once it is there."""
        return [THE_WHOLE] if table.is_over and table.begun.writers else []


def _silent_from(table: OneWordTable, now_ms: int) -> OneWordTable:
    due_ms = timing.due_at(table.terms, now_ms, SILENT_MS[table.terms.pace])
    return dataclasses.replace(table, phase_due_ms=due_ms)


def _may_write(table: OneWordTable, seat: int) -> bool:
    """Tell whether a seat is a player's and did not write lately."""
    found = table.seat(seat)
    lately = table.begun.writers[-apart(len(table.active)) :]
    return found is not None and found.is_active and seat not in lately


def _wrote(table: OneWordTable, event: steps.Wrote, texts: Texts, now_ms: int) -> OneWordStep:
    if event.move < table.begun.since:  # somebody else was faster
        raise Gone("turn_over")
    if not _may_write(table, event.seat):
        raise NotHere("game_wrote_last")
    text = as_words(event.text)
    check_words(text, WORDS, MOST_CHARACTERS)
    return _added(table, event.seat, text, texts, now_ms)


def _added(table: OneWordTable, seat: int | None, words: str, texts: Texts, now_ms: int) -> OneWordStep:
    """Words are there: go on, or end."""
    game = table.begun
    text = GameText(
        slot=entry_slot(len(game.writers)),
        seat=seat,
        text=words,
        origin="gpt" if seat is None else "human",
        created_ms=now_ms,
    )
    table = with_game(table, writers=(*game.writers, seat), since=table.move, last_ms=now_ms)
    table = _silent_from(dataclasses.replace(table, requests=()), now_ms)
    everything = (*(each for each in texts if each.slot != text.slot), text)
    if is_complete(joined(entry.text for entry in entries_of(table.begun, everything))):
        return steps.Step(table, (text,)).then(_over(table, everything, now_ms))
    return steps.Step(table, (text,))


def _undone(table: OneWordTable, event: steps.Chose, texts: Texts, now_ms: int) -> OneWordStep:
    """Somebody takes back what they wrote last."""
    game, last = table.begun, last_text(table.begun, texts)
    if last is None or event.values != (last.slot,) or last.seat != event.seat or now_ms > last.created_ms + UNDO_MS:
        raise Gone("turn_over")
    table = with_game(table, writers=game.writers[:-1], since=table.move, last_ms=now_ms)
    table = _silent_from(dataclasses.replace(table, requests=()), now_ms)
    return steps.Step(table, (dataclasses.replace(last, text="", hidden=False),))


# ---- models


def _can_nudge(table: OneWordTable, texts: Texts) -> bool:
    """Tell whether a model could write the next word, if it is silent for long enough."""
    lately = table.begun.writers[-(MODEL_EVERY - 1) :]
    return len(lately) == MODEL_EVERY - 1 and None not in lately and not table.requests and bool(_read(table, texts))


def _read(table: OneWordTable, texts: Texts) -> str:
    no_ai = {seat.number for seat in table.seats if seat.no_ai}
    return readable(table.begun, texts, no_ai)


def _nudged(table: OneWordTable, texts: Texts, now_ms: int) -> OneWordStep:
    """Ask the models for a word. Whoever writes meanwhile is faster."""
    if now_ms < table.begun.last_ms + NUDGE_MS or not _can_nudge(table, texts):
        raise NotHere("game_no_nudge")
    ask = Request(
        key=f"word:{table.move}",
        kind="continue",
        text=_read(table, texts),
        count=3,
        words=MODEL_WORDS,
        due_ms=now_ms + ASK_MS,
    )
    return steps.Step(requested(table, ask))


def _made(table: OneWordTable, event: steps.Made, texts: Texts, now_ms: int) -> OneWordStep:
    """Take the first word of the first text that has one."""
    for text in event.texts:
        words = split_words(as_words(text))
        if words and len(words[0]) <= MOST_CHARACTERS:
            return _added(table, None, words[0], texts, now_ms)
    return steps.Step(table)


# ---- the end


def _over(table: OneWordTable, texts: Texts, now_ms: int) -> OneWordStep:
    """End: the whole text is put together, and everybody has a point for each time that they wrote."""
    game = table.begun
    entries = [entry for entry in entries_of(game, texts) if entry.text]
    whole = joined(entry.text for entry in entries)
    kept = (_whole(whole, entries, now_ms),) if whole else ()
    ended = dataclasses.replace(
        table, state="ended", phase="", phase_due_ms=None, turns=(), requests=(), ended_ms=now_ms
    )
    seats = sorted({writer for writer in game.writers if writer is not None})
    return steps.Step(ended, kept, tuple(steps.Score(seat, game.writers.count(seat), "words") for seat in seats))


def _whole(text: str, entries: Sequence[Entry], now_ms: int) -> GameText:
    origin: Origin = "edited" if any(not entry.writer for entry in entries) else "human"
    return GameText(slot=THE_WHOLE, seat=None, text=text, origin=origin, spans=spans_of(entries), created_ms=now_ms)


def _put_together(table: OneWordTable, texts: Texts, now_ms: int) -> OneWordStep:
    """Put the whole text together anew: words in it were hidden, or are shown again."""
    before = text_of(texts, THE_WHOLE)
    if before is None:
        return steps.Step(table)
    entries = [entry for entry in entries_of(table.begun, texts) if entry.text]
    whole = _whole(joined(entry.text for entry in entries), entries, now_ms)
    return steps.Step(table, (dataclasses.replace(whole, hidden=before.hidden),))
