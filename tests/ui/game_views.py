"""Every card and form of games, with texts as nasty and as long as rules allow: for the test of Discord's limits."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, get_args

from bot.games.views import GameView
from bot.rules.games.agreeing import usual_settings
from bot.rules.games.counterfeit_views import CounterfeitView, Revealed, RoundResult
from bot.rules.games.doors_book import ChapterView, DoorsView, DoorView
from bot.rules.games.fold_views import FoldLine, FoldOwn, FoldTurn, FoldView
from bot.rules.games.gaps_state import Asked, GapsView, Guesses, Told
from bot.rules.games.registry import GAMES
from bot.rules.games.relay_views import RelayPassage, RelayText, RelayView
from bot.rules.games.table import GameState, Seat, Terms, Turn
from bot.rules.stories import MAX_PEN_NAME
from bot.ui.locale import Catalogue
from cogs.games.cards import game_card, lobby_card, over_card, paused_card, playing_card, result_card
from cogs.games.doors import walking_card
from cogs.games.forms import GameSettingsForm, NameForm, NewGameForm, PassageForm
from cogs.games.kinds import GAME_CARDS
from cogs.games.private_cards import (
    end_card,
    list_card,
    manage_card,
    more_card,
    rules_card,
    scores_card,
    standing_card,
)
from cogs.games.text_cards import texts_card
from storage.game_records import ReportedText

SEATS = 24
"""As many as a game of Fold over days has."""
FORM = "ink:gmoved:1:2"
"""The custom id of a form."""


def of_games(say: Catalogue, nasty: str) -> Iterator[tuple[str, Any]]:
    """Give every card and form of games, by the builder's name."""
    for kind in GAME_CARDS:
        views = list(_views(kind, nasty))
        for view in views:
            yield from _of_view(say, view)
        yield "games.private_cards.rules_card", rules_card(say, kind)
        if GAMES[kind].settings or GAMES[kind].stands_in:
            yield "GameSettingsForm", GameSettingsForm(say, views[0], FORM)
        several = [dataclasses.replace(view, id=number) for number, view in enumerate(views[:8])]
        for shown in ([], several):
            yield "games.private_cards.list_card", list_card(say, shown)
    yield "PassageForm", PassageForm(say, FORM)
    yield "NewGameForm", NewGameForm(say, FORM, list(GAME_CARDS))
    yield "NameForm", NameForm(say, FORM, (nasty * MAX_PEN_NAME)[:MAX_PEN_NAME])
    lines = [(place, "<@1234567890123456789>", 999) for place in range(1, 11)]
    yield "games.private_cards.scores_card", scores_card(say, lines, say("game.scores_all"))
    yield "games.private_cards.scores_card", scores_card(say, [], say("game.scores_all"))


def _of_view(say: Catalogue, view: GameView) -> Iterator[tuple[str, Any]]:
    card = GAME_CARDS[view.kind]
    yield "games.cards.game_card", game_card(say, view)
    by_state = {"lobby": lobby_card, "playing": playing_card, "paused": paused_card}
    builder = by_state.get(view.state, over_card)
    yield f"games.cards.{builder.__name__}", builder(say, view)
    if (result := result_card(say, view)) is not None:
        yield "games.cards.result_card", result
    for told in ("", say("game.told_written")):
        yield "games.private_cards.standing_card", standing_card(say, view, told=told, titled_too=bool(told))
        yield "games.private_cards.more_card", more_card(say, view, told=told)
        yield "games.private_cards.manage_card", manage_card(say, view, told=told)
        yield "games.text_cards.texts_card", texts_card(say, view, 0, told=told)
    yield "games.private_cards.end_card", end_card(say, view)
    if view.game is None:
        return
    if view.turn is not None and view.phase in ("write", "forge", "turn"):
        yield "WritingForm", card.form(say, view, FORM)
    for _, text in card.own_texts(view):
        yield "WritingForm", card.mend_form(say, text, FORM)
    for part in range(8):
        if (shown := card.reveal(say, view, part)) is not None:
            yield "reveal", shown
    for what in ("hearts", "look", "marks", "like", "take", "spark"):
        if _can_choose(view, what):
            yield "chosen", card.chosen(say, view, what, 1)
    if isinstance(view.game, DoorsView):
        for chapter in view.game.book:
            yield "games.doors.walking_card", walking_card(say, view, chapter.number)


def _can_choose(view: GameView, what: str) -> bool:
    if isinstance(view.game, FoldView):
        return what == "hearts" and bool(view.game.sheets) and not view.is_over
    if isinstance(view.game, CounterfeitView):
        return what in ("look", "marks") and bool(view.game.lettered)
    if isinstance(view.game, RelayView):
        return what in ("take", "spark")
    if isinstance(view.game, GapsView):
        return what == "star" and bool(view.game.told)
    return what == "like" and view.phase == "vote"


def _views(kind: str, nasty: str) -> Iterator[GameView]:
    """Give views of a game in every state, for everybody, a player and who leads."""
    name = (nasty * MAX_PEN_NAME)[:MAX_PEN_NAME]
    seats = tuple(Seat(number=number, pen_name=name) for number in range(1, SEATS + 1))
    resting = tuple(dataclasses.replace(seat, presence="resting") for seat in seats)
    turn = Turn(seat=1, move=2, what="0", opened_ms=0, due_ms=10**12)
    reported = tuple(
        ReportedText(slot=f"r{number}", seat=1, text=(nasty * 400)[:400], reports=3, hidden=bool(number % 2))
        for number in range(12)
    )
    base = GameView(
        id=2**60,
        kind=kind,
        server_id=1,
        channel_id=2,
        state="lobby",
        phase="",
        move=5,
        terms=Terms(pace="days"),
        settings=usual_settings(GAMES[kind], "days"),
        host=1,
        seats=seats,
        waiting=(),
        due_ms=10**12,
        pause_reason="",
        created_ms=0,
        readers=9,
        points=dict.fromkeys(range(1, SEATS + 1), 30),
        story_id=2**60,
        admits=True,
    )
    yield base
    yield dataclasses.replace(base, seats=seats[:1], viewer=1, leads=True)
    states: tuple[GameState, ...] = get_args(GameState)
    for state in states[1:]:
        for phase, game in _games(kind, nasty, over=state == "ended"):
            view = dataclasses.replace(base, state=state, phase=phase, game=game, pause_reason="few")
            yield view
            yield dataclasses.replace(view, viewer=1, waiting=tuple(range(1, SEATS + 1)), turn=turn, draft=nasty * 30)
            yield dataclasses.replace(view, viewer=2, leads=True, seats=resting, reported=reported)


def _games(kind: str, nasty: str, *, over: bool) -> Iterator[tuple[str, Any]]:
    if kind == "fold":
        yield from _folds(nasty, over=over)
    elif kind == "counterfeit":
        yield from _counterfeits(nasty, over=over)
    elif kind == "doors":
        yield from _doors(nasty, over=over)
    elif kind in ("gaps", "duel"):
        yield from _gaps(nasty, duel=kind == "duel", over=over)
    elif kind == "relay":
        yield from _relays(nasty)


def _folds(nasty: str, *, over: bool) -> Iterator[tuple[str, FoldView]]:
    text = (nasty * 400)[:400]
    lines = tuple(
        FoldLine(slot=f"0.{n}", text="" if n == 3 else text, hidden=n == 3, writer=n if over else None, hearts=n)
        for n in range(12)
    )
    view = FoldView(
        written=0,
        lines=96,
        turn=FoldTurn(tail=text, slot="0.1", is_last=True),
        mine=(FoldOwn(slot="1.1", text=text),),
        sheets=(),
        to_come=0,
        hearts=(),
        best=(),
    )
    yield "write", view
    shown = dataclasses.replace(view, turn=None, mine=(), sheets=(lines,) * 8, hearts=("0.1", "0.2"), to_come=1)
    yield "reveal", shown
    yield "hearts", dataclasses.replace(shown, to_come=0, best=tuple(f"0.{n}" for n in range(12)))


def _counterfeits(nasty: str, *, over: bool) -> Iterator[tuple[str, CounterfeitView]]:
    text = (nasty * 500)[:500]
    revealed = tuple(
        Revealed(slot=f"0.{n}", text="" if n == 1 else text, writer=n, masked=n == 2, marks=n, stars=n)
        for n in range(13)
    )
    result = RoundResult(opening=text, texts=revealed, fooled=3, guessed=9, void=False, points={1: 3})
    void = dataclasses.replace(result, texts=(), void=True, guessed=0)
    view = CounterfeitView(
        number=1,
        planned=6,
        opening=text,
        side="mask",
        own=text,
        texts_in=3,
        guesses_in=0,
        lettered=(),
        slots=(),
        wanted=0,
        marks=(),
        star=None,
        over=(),
        points={},
    )
    yield "forge", view
    yield "machine", view
    letters = (*(text for _ in range(7)), "")
    slots = tuple(f"0.{n}" for n in range(8))
    guess = dataclasses.replace(view, own="", lettered=letters, slots=slots, wanted=3, marks=(0, 1, 2), star=4)
    yield "guess", guess
    yield "guess", dataclasses.replace(guess, marks=(), star=None, wanted=1)
    yield "result", dataclasses.replace(view, own="", over=(result, void), number=2)


def _doors(nasty: str, *, over: bool) -> Iterator[tuple[str, DoorsView]]:
    text, door = (nasty * 1600)[:1600], (nasty * 80)[:80]
    doors = tuple(
        DoorView(text="" if n == 2 else door, leads_to=n + 2 if n < 2 else None, ends=n == 3) for n in range(4)
    )
    book = (
        ChapterView(number=1, behind=None, text=text, hidden=False, scribe=1, doors=doors),
        ChapterView(number=2, behind=1, text="", hidden=True, scribe=0, doors=()),
        ChapterView(number=3, behind=2, text=text, hidden=False, scribe=2, doors=doors[2:]),
    )
    empty = DoorsView(book=(), most=20, from_chapter=None, through="", voters=0, likes=(), star=None)
    yield "write", empty
    full = dataclasses.replace(empty, book=book, from_chapter=3, through=door, voters=3, likes=(0, 1), star=0)
    for phase in ("write", "vote", "branches", "doors", "stand_in"):
        yield phase, full


def _relays(nasty: str) -> Iterator[tuple[str, RelayView]]:
    text = (nasty * 4000)[:4000]
    passages = tuple(
        RelayPassage(number=n, slot=f"p{n - 1}", text="" if n == 2 else text, hidden=n == 2, writer=n % 3)
        for n in range(1, 6)
    )
    empty = RelayView(
        passages=(),
        written=0,
        round=1,
        rounds=10,
        due=1,
        is_open=False,
        can_take=False,
        spark="",
        sparks=(),
        mine=(),
    )
    yield "turn", empty
    sparks = tuple(RelayText(slot=f"spark:1.{n}", text=text) for n in range(3))
    full = dataclasses.replace(empty, passages=passages, written=5, spark="there", sparks=sparks, mine=sparks[:1])
    yield "turn", full
    yield "turn", dataclasses.replace(full, spark="asked", sparks=(), passages=passages[:2])
    yield "open", dataclasses.replace(full, due=None, is_open=True, can_take=True, spark="", sparks=())
    yield "stand_in", dataclasses.replace(full, due=None, spark="", sparks=())


def _gaps(nasty: str, *, duel: bool, over: bool) -> Iterator[tuple[str, GapsView]]:
    word, text = (nasty * 30)[:30], (nasty * 1500)[:1500]
    asked = tuple(
        Asked(number=n, slot=f"g{n}.1", shape="ing", hints=(word, word, word), word=word) for n in range(1, 6)
    )
    told = tuple(Told(number=n, word="" if n == 3 else word, giver=n % 3, original=word, stars=n) for n in range(1, 13))
    guesses = tuple(Guesses(seat=n, words=(word, "", word, word, word), points=(3, 0, 2, 0, 3)) for n in range(11))
    empty = GapsView(
        gaps=12,
        filled_in=3,
        asked=(),
        text="",
        told=(),
        whole="",
        passage="",
        guesses=(),
        star=None,
        points={},
    )
    yield "prepare", empty
    yield "fill", dataclasses.replace(empty, asked=asked, text=text if duel else "")
    shown = dataclasses.replace(empty, passage=text, star=0)
    words = dataclasses.replace(shown, told=told, whole=text)
    yield "stars", dataclasses.replace(shown, guesses=guesses) if duel else words
