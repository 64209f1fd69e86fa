"""Gaps: words are taken out of a passage of one of your own stories, and you put others in without seeing it. The duel
shows the text, and whoever finds the words that stood there has the points; the model guesses, too.

After the game of mad libs (L. Stern and R. Price, 1958), and the cloze test (W. L. Taylor, 1953).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from bot.errors import BadInput, Gone, NotHere
from bot.rules.games import steps, timing
from bot.rules.games.chance import draw, shuffled
from bot.rules.games.game import Setting
from bot.rules.games.gaps_state import (
    GAP_SIGN,
    PASSAGE,
    WHOLE,
    Asked,
    Gaps,
    GapsTable,
    GapsView,
    Guesses,
    Told,
    gap_count,
    guess_points,
    owned,
    points_of,
    whole_text,
    word_of,
    word_slot,
)
from bot.rules.games.play import requested
from bot.rules.games.table import ASK_MS, GameText, Pace, Request, Texts, text_of
from bot.rules.gap_words import Gap, filled, one_word

FILL_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 10 * 60_000, "days": 48 * 3_600_000})
"""Time to fill the gaps, by pace (ms)."""
STARS_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 2 * 60_000, "days": 86_400_000})
"""How long stars can be given, by pace (ms)."""

GapsStep = steps.Step[Gaps]


class GapsGame:
    """The rules of Gaps."""

    kind: ClassVar[str] = "gaps"
    _duel: ClassVar[bool] = False
    version: ClassVar[int] = 1
    least_active: ClassVar[int] = 1
    unmanned: ClassVar[frozenset[str]] = frozenset({"prepare", "stars"})
    open_phases: ClassVar[frozenset[str]] = frozenset()
    stands_in: ClassVar[bool] = False
    settings: ClassVar[tuple[Setting, ...]] = ()
    state_type: ClassVar[type[Gaps]] = Gaps
    players: ClassVar[Mapping[Pace, range]] = MappingProxyType({"tonight": range(2, 11), "days": range(2, 11)})

    # ---- the course

    def begin(self, table: GapsTable, texts: Texts, now_ms: int) -> GapsStep:
        """Ask for the gaps of the passage. Raises `NotHere` (`game_no_passage`) where there is none."""
        passage = text_of(texts, PASSAGE)
        if passage is None or passage.hidden:
            raise NotHere("game_no_passage")
        wanted = gap_count(len(table.active), duel=self._duel)
        request = Request(
            key=f"gaps:{table.move}", kind="gaps", text=passage.text, count=wanted, words=1, due_ms=now_ms + ASK_MS
        )
        table = dataclasses.replace(table, phase="prepare", game=Gaps(), phase_due_ms=now_ms + 2 * ASK_MS)
        return steps.Step(requested(table, request))

    def apply(self, table: GapsTable, event: steps.Event, texts: Texts, now_ms: int) -> GapsStep:
        """Return what an event leads to."""
        match event:
            case steps.Made() if table.phase == "prepare":
                return self._prepared(table, event.gaps, now_ms)
            case steps.Wrote():
                return self._filled(table, event, now_ms)
            case steps.Passed() | steps.Missed():
                return self._passed(table, event, now_ms)
            case steps.Chose(what="star") if not self._duel:
                return _starred(table, event, texts, now_ms)
            case steps.PhaseOver():
                return self._phase_over(table, texts, now_ms)
            case steps.Mended():
                return self._mended(table, event, texts)
            case steps.Hid() if table.is_over and event.slot != WHOLE and (before := text_of(texts, WHOLE)) is not None:
                whole = whole_text(table.begun, texts, now_ms)
                return steps.Step(table, (dataclasses.replace(whole, hidden=before.hidden),))
            case _:
                return steps.Step(table)

    def admits(self, table: GapsTable) -> bool:
        """In a duel while it is filled; a gap has one owner, who was there at the start."""
        return self._duel and table.phase == "fill"

    def finish(self, table: GapsTable, texts: Texts, now_ms: int) -> GapsStep:
        """Reveal what there is; what is revealed ends."""
        if table.phase == "fill":
            return self._revealed(table, texts, now_ms)
        return self._over(table, texts, now_ms)

    def _phase_over(self, table: GapsTable, texts: Texts, now_ms: int) -> GapsStep:
        if table.phase == "prepare":
            return self._prepared(table, (), now_ms)
        return self._revealed(table, texts, now_ms) if table.phase == "fill" else self._over(table, texts, now_ms)

    def _prepared(self, table: GapsTable, gaps: tuple[Gap, ...], now_ms: int) -> GapsStep:
        """Deal the gaps. Without any the game is over: nothing in that passage can be guessed at."""
        seats = [seat.number for seat in table.active]
        if not gaps or not seats:
            ended = dataclasses.replace(
                table, state="ended", phase="", phase_due_ms=None, turns=(), requests=(), ended_ms=now_ms
            )
            return steps.Step(ended)
        order = shuffled(sorted(seats), table.seed, 0, "owners")
        places = shuffled(range(len(gaps)), table.seed, 0, "gaps")
        owners = {place: order[number % len(order)] for number, place in enumerate(places)}
        game = Gaps(gaps=gaps, owners=() if self._duel else tuple(owners[place] for place in range(len(gaps))))
        within_ms = FILL_MS[table.terms.pace]
        due_ms = timing.due_at(table.terms, now_ms, within_ms)
        table = dataclasses.replace(table, phase="fill", requests=(), phase_due_ms=due_ms, game=game)
        for seat in seats:
            if owned(game, seat, duel=self._duel):
                table = timing.opened(table, seat, "words", within_ms, now_ms)
        return steps.Step(table)

    # ---- filling

    def _filled(self, table: GapsTable, event: steps.Wrote, now_ms: int) -> GapsStep:
        """Keep somebody's words, in the order of their gaps; one that is left empty is chosen for them at the end."""
        turn = table.turn(event.seat)
        if table.phase != "fill" or turn is None:
            raise Gone("turn_over")
        game = table.begun
        mine = owned(game, event.seat, duel=self._duel)
        given = [part.strip() for part in (event.text, *event.parts)][: len(mine)]
        kept = []
        for number, text in zip(mine, given, strict=False):
            if not text:
                continue
            word = one_word(text)
            if word is None:
                raise BadInput("game_one_word", number=number + 1)
            slot = word_slot(number, event.seat if self._duel else 0)
            kept.append(GameText(slot=slot, seat=event.seat, text=word, origin="human", created_ms=now_ms))
        done = tuple(dict.fromkeys((*game.filled, event.seat)))
        table = dataclasses.replace(table, game=dataclasses.replace(game, filled=done))
        return steps.Step(timing.acted(table, turn), tuple(kept))

    def _mended(self, table: GapsTable, event: steps.Mended, texts: Texts) -> GapsStep:
        """Change one of somebody's words."""
        mine = {
            word_slot(number, event.seat if self._duel else 0)
            for number in owned(table.begun, event.seat, duel=self._duel)
        }
        before, word = text_of(texts, event.slot), one_word(event.text)
        if table.phase != "fill" or event.slot not in mine or before is None:
            raise Gone("turn_over")
        if word is None:
            raise BadInput("game_one_word", number=int(event.slot[1:].partition(".")[0]) + 1)
        return steps.Step(table, (dataclasses.replace(before, text=word),))

    def _passed(self, table: GapsTable, event: steps.Passed | steps.Missed, now_ms: int) -> GapsStep:
        if isinstance(event, steps.Passed):
            turn = table.turn(event.seat)
            if table.phase != "fill" or turn is None or turn.acted:
                raise Gone("turn_over")
            table = timing.closed(table, event.seat)
        if table.phase == "fill" and all(turn.acted for turn in table.turns):
            table = timing.closing(table, now_ms)
        return steps.Step(table)

    # ---- the reveal

    def _revealed(self, table: GapsTable, texts: Texts, now_ms: int) -> GapsStep:
        """Show the passage as it is now; the model has put in what nobody did."""
        if self._duel:
            return self._over(table, texts, now_ms).adding(steps.Reveal(1))
        kept = tuple(
            GameText(slot=word_slot(number, 0), seat=None, text=word, origin="bert", created_ms=now_ms)
            for number, gap in enumerate(table.begun.gaps)
            if text_of(texts, word_slot(number, 0)) is None and (word := _chosen(table, number, gap))
        )
        due_ms = timing.due_at(table.terms, now_ms, STARS_MS[table.terms.pace])
        table = dataclasses.replace(table, phase="stars", turns=(), phase_due_ms=due_ms)
        return steps.Step(table, kept, (steps.Reveal(1),))

    def _over(self, table: GapsTable, texts: Texts, now_ms: int) -> GapsStep:
        points = points_of(table, texts, duel=self._duel) if table.begun.gaps else {}
        scores = [steps.Score(seat, count, "words") for seat, count in sorted(points.items()) if seat and count]
        ended = dataclasses.replace(
            table, state="ended", phase="", phase_due_ms=None, turns=(), requests=(), ended_ms=now_ms
        )
        if table.phase != "stars":
            return steps.Step(ended, (), tuple(scores))
        return steps.Step(ended, (whole_text(table.begun, texts, now_ms),), (steps.Reveal(1), *scores))

    # ---- what is seen

    def view(self, table: GapsTable, texts: Texts, viewer: int | None) -> GapsView:
        """Return what a seat sees: of its gaps the shape and the hints, never the passage before the reveal."""
        game = table.begun
        passage = text_of(texts, PASSAGE)
        whole = "" if passage is None or passage.hidden else passage.text
        over = (table.phase == "stars" or table.is_over) and bool(game.gaps)
        mine = owned(game, viewer, duel=self._duel) if viewer is not None and table.phase == "fill" else []
        duel_text = filled(whole, game.gaps, [GAP_SIGN] * len(game.gaps)) if self._duel and whole else ""
        return GapsView(
            gaps=len(game.gaps),
            filled_in=len(game.filled),
            asked=tuple(self._asked(table, number, viewer or 0, texts) for number in mine),
            text=duel_text if table.phase == "fill" else "",
            told=self._told(table, texts) if over and not self._duel else (),
            whole=whole_text(game, texts, 0).text if over and not self._duel else "",
            passage=whole if over else "",
            guesses=self._guesses(table, texts) if over and self._duel else (),
            star=game.stars.get(viewer) if viewer is not None else None,
            points=points_of(table, texts, duel=self._duel) if table.is_over and over else {},
        )

    def _asked(self, table: GapsTable, number: int, seat: int, texts: Texts) -> Asked:
        gap = table.begun.gaps[number]
        word, _ = word_of(texts, number, seat if self._duel else 0)
        slot = word_slot(number, seat if self._duel else 0)
        return Asked(number=number + 1, slot=slot, shape=gap.shape, hints=() if self._duel else gap.hints, word=word)

    def _told(self, table: GapsTable, texts: Texts) -> tuple[Told, ...]:
        game = table.begun
        stars = Counter(game.stars.values()) if table.is_over else Counter[int]()
        told = []
        for number, gap in enumerate(game.gaps):
            word, by_person = word_of(texts, number, 0)
            giver = game.owners[number] if by_person else 0
            told.append(Told(number=number + 1, word=word, giver=giver, original=gap.word, stars=stars[number]))
        return tuple(told)

    def _guesses(self, table: GapsTable, texts: Texts) -> tuple[Guesses, ...]:
        game = table.begun
        found = []
        for seat in (*sorted(game.filled), 0):
            words = [gap.guess if seat == 0 else word_of(texts, place, seat)[0] for place, gap in enumerate(game.gaps)]
            points = tuple(guess_points(word, gap) for word, gap in zip(words, game.gaps, strict=True))
            found.append(Guesses(seat=seat, words=tuple(words), points=points))
        return tuple(found)

    def story(self, table: GapsTable, texts: Texts) -> Sequence[str]:
        """Return the passage with the words in it."""
        return [] if self._duel or text_of(texts, WHOLE) is None else [WHOLE]


class DuelGame(GapsGame):
    """The rules of the duel."""

    kind: ClassVar[str] = "duel"
    _duel: ClassVar[bool] = True


def _chosen(table: GapsTable, number: int, gap: Gap) -> str:
    """The model's word for a gap that nobody filled: one of its hints."""
    return gap.hints[draw(table.seed, number, "choose") % len(gap.hints)] if gap.hints else ""


def _starred(table: GapsTable, event: steps.Chose, texts: Texts, now_ms: int) -> GapsStep:
    """Somebody gives their star to a word that is not theirs."""
    if table.phase != "stars":
        raise Gone("turn_over")
    game = table.begun
    known = {str(number + 1): number for number in range(len(game.gaps))}
    if len(event.values) > 1 or not known.keys() >= set(event.values):
        raise Gone("turn_over")
    stars = {seat: number for seat, number in game.stars.items() if seat != event.seat}
    for value in event.values:
        if game.owners[known[value]] == event.seat and word_of(texts, known[value], 0)[1]:
            raise BadInput("game_own_word")
        stars[event.seat] = known[value]
    table = dataclasses.replace(table, game=dataclasses.replace(game, stars=stars))
    if all(seat.number in stars for seat in table.active):
        table = timing.closing(table, now_ms)
    return steps.Step(table)
