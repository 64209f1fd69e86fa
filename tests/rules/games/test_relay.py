"""Relay: whose turn it is in each order, what happens where nobody writes, what is read, and sparks."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from bot.errors import PersonError
from bot.rules.games import steps
from bot.rules.games.relay import OPEN_MS, TURN_MS, RelayGame
from bot.rules.games.table import ASK_MS, PAUSE_MS
from tests.support.evenings import Evening

GAME = RelayGame()
"""The game under test."""
OPEN = OPEN_MS["tonight"]
"""How long a missed turn is open to all (ms)."""
TURN = TURN_MS["tonight"]
"""Time for a passage (ms)."""


def passage(number: int) -> str:
    """Return a text that is long enough."""
    return f"Passage {number} begins. " + "Somebody walked a little further along the shore. " * 3


class Round(Evening):
    """An evening of Relay."""

    def __init__(self, players: int = 3, *, stand_in: bool = False, seed: str = "seed", **settings: int | str) -> None:
        super().__init__(GAME, players, seed=seed, stand_in=stand_in, settings=settings)

    @property
    def due(self) -> int | None:
        """The seat that writes."""
        return self.table.turns[0].seat if self.table.turns else None

    def write_next(self) -> int:
        """Let whoever is due write; return the seat."""
        seat = self.due
        assert seat is not None
        self.write(seat, passage(len(self.table.begun.writers) + 1))
        return seat


def refused(evening: Evening, event: steps.Event) -> str:
    """Return why an event is refused."""
    with pytest.raises(PersonError) as caught:
        evening.do(event)
    return caught.value.key


def test_turns_go_round_the_table_and_end_after_the_last_round() -> None:
    relay = Round(3, rounds=2)
    assert [relay.write_next() for _ in range(6)] == [1, 2, 3, 1, 2, 3]
    assert relay.table.state == "ended"
    assert relay.story == [f"p{number}" for number in range(6)]
    scores = [effect for effect in relay.effects if isinstance(effect, steps.Score)]
    assert {(score.seat, score.points) for score in scores} == {(1, 2), (2, 2), (3, 2)}
    assert [effect.part for effect in relay.effects if isinstance(effect, steps.Reveal)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("players", [2, 3, 5])
def test_shuffled_turns_are_never_twice_running_and_once_a_round(players: int) -> None:
    orders = set()
    for seed in range(20):
        relay = Round(players, order="shuffled", rounds=3, seed=f"seed {seed}")
        seats = [relay.write_next() for _ in range(3 * players)]
        assert relay.table.state == "ended"
        assert all(one != other for one, other in itertools.pairwise(seats))
        orders.add(tuple(seats))
        if players > 2:
            assert all(len(set(seats[start : start + players])) == players for start in range(0, 3 * players, players))
    assert len(orders) > 1


def test_in_an_open_order_whoever_wants_takes_the_next_turn_but_not_the_last_writer() -> None:
    relay = Round(3, order="open", rounds=1)
    assert relay.table.phase == "open"
    relay.choose(2, "take")
    assert refused(relay, steps.Chose(seat=3, what="take", values=())) == "turn_over"
    relay.write_next()
    assert refused(relay, steps.Chose(seat=2, what="take", values=())) == "game_wrote_last"
    assert (relay.view(2).can_take, relay.view(3).can_take, relay.view(None).can_take) == (False, True, False)
    relay.choose(3, "take")
    relay.write_next()
    relay.choose(2, "take")
    relay.write_next()
    assert relay.table.state == "ended"


def test_an_open_order_that_nobody_goes_on_with_ends() -> None:
    relay = Round(3, order="open", rounds=0)
    relay.choose(1, "take")
    relay.write_next()
    relay.wait(PAUSE_MS["tonight"])
    assert (relay.table.state, relay.story) == ("ended", ["p0"])


def test_a_missed_turn_is_open_to_all_for_a_while_and_then_the_next_seats() -> None:
    relay = Round(3)
    relay.wait(TURN)
    assert (relay.table.phase, relay.due) == ("open", None)
    relay.wait(OPEN)
    assert (relay.table.phase, relay.due) == ("turn", 2)
    relay.write_next()
    relay.wait(TURN)
    relay.choose(1, "take")  # who missed theirs may take it, too
    assert relay.write_next() == 1
    assert relay.due == 2, "a new round, and the last writer is not asked"


def test_a_turn_that_was_taken_and_missed_goes_to_the_next_seat() -> None:
    relay = Round(3)
    relay.wait(TURN)
    relay.choose(3, "take")
    relay.wait(TURN)
    assert (relay.table.phase, relay.due) == ("turn", 2)


def test_who_leaves_or_passes_is_not_waited_for() -> None:
    relay = Round(4)
    relay.do(steps.Left(1))
    assert relay.due == 2
    turn = relay.table.turn(2)
    assert turn is not None
    relay.do(steps.Passed(seat=2, move=turn.move))
    assert relay.due == 3


def test_who_joins_or_comes_back_has_a_turn_in_the_round() -> None:
    relay = Round(2, rounds=2)
    relay.write_next()
    relay.do(steps.Joined(pen_name="Late"))
    assert [relay.write_next() for _ in range(2)] == [2, 3]
    assert relay.table.begun.round == 1 or relay.due == 1


def test_silence_rests_the_seats_pauses_and_ends() -> None:
    relay = Round(3, rounds=0)
    relay.write_next()
    relay.wait(10 * 3_600_000)
    assert (relay.table.state, relay.story) == ("ended", ["p0"])


def test_a_game_that_was_paused_goes_on_where_it_was() -> None:
    relay = Round(3)
    relay.write_next()
    relay.do(steps.Paused())
    relay.do(steps.Left(2))
    assert relay.table.turns == ()
    relay.wait(60_000)
    relay.do(steps.Resumed())
    assert relay.due == 3


def test_only_the_last_passages_are_seen_until_the_end() -> None:
    relay = Round(2, visible=1, rounds=2)
    relay.write_next()
    relay.write_next()
    assert [each.number for each in relay.view(1).passages] == [2]
    assert not [effect for effect in relay.effects if isinstance(effect, steps.Reveal)]
    relay.write_next()
    relay.write_next()
    assert [each.number for each in relay.view(None).passages] == [1, 2, 3, 4]
    assert [effect.part for effect in relay.effects if isinstance(effect, steps.Reveal)] == [1, 2, 3, 4]


def test_a_passage_can_be_changed_until_somebody_begins_to_go_on_from_it() -> None:
    relay = Round(3)
    relay.write_next()
    (own,) = relay.view(1).mine
    relay.do(steps.Mended(seat=1, slot=own.slot, text=passage(7)))
    assert relay.view(2).passages[0].text == passage(7)
    turn = relay.table.turn(2)
    assert turn is not None
    relay.do(steps.Opened(2, turn.move))
    assert relay.view(1).mine == ()
    assert refused(relay, steps.Mended(seat=1, slot=own.slot, text=passage(8))) == "turn_over"


def test_a_spark_is_for_whoever_is_due_alone_and_its_words_stay_the_models() -> None:
    relay = Round(3)
    assert relay.view(1).spark == ""  # there is nothing to go on from
    assert refused(relay, steps.Chose(seat=1, what="spark", values=())) == "game_no_spark"
    relay.write_next()
    assert refused(relay, steps.Chose(seat=3, what="spark", values=())) == "turn_over"
    relay.choose(2, "spark")
    (request,) = relay.table.requests
    assert (request.seat, request.text) == (2, passage(1))
    assert relay.view(2).spark == "asked"
    proposed = "The harbour lights went out one by one until only a single lamp was left."
    relay.answer(proposed, " ", "Nobody answered.")
    assert [spark.text for spark in relay.view(2).sparks] == [proposed, "Nobody answered."]
    assert relay.view(3).sparks == relay.view(None).sparks == ()
    before = relay.table
    relay.choose(2, "spark")
    assert relay.table == before, "once a turn; who presses again only looks"
    turn = relay.table.turn(2)
    assert turn is not None
    text = f"{proposed} Then my grandmother coughed twice and poured herself more tea."
    relay.do(steps.Wrote(seat=2, move=turn.move, text=text, based_on=relay.view(2).sparks[0].slot))
    kept = relay.texts["p1"]
    assert (kept.origin, kept.seat) == ("edited", 2)
    assert [text[span.start : span.end] for span in kept.spans if span.origin == "gpt"] == [proposed]
    assert relay.table.begun.sparks == ()
    assert relay.story == ["p0", "p1"]


def test_a_late_spark_is_no_longer_shown() -> None:
    relay = Round(3)
    relay.write_next()
    relay.choose(2, "spark")
    (request,) = relay.table.requests
    relay.write_next()
    relay.do(steps.Made(key=request.key, texts=("Too late for anybody.",)))
    assert relay.view(3).sparks == ()
    assert relay.view(3).spark == "ready"


def test_models_never_read_who_does_not_want_it() -> None:
    relay = Round(3)
    relay.table = relay.table.with_seat(dataclasses.replace(relay.table.seats[0], no_ai=True))
    relay.write_next()
    assert relay.view(2).spark == ""
    relay.write_next()
    relay.choose(3, "spark")
    assert relay.table.requests[0].text == passage(2)


def test_a_stand_in_takes_a_turn_that_nobody_took() -> None:
    relay = Round(3, stand_in=True)
    relay.write_next()
    relay.wait(TURN + OPEN)
    assert relay.table.phase == "stand_in"
    relay.answer("too short", passage(9))
    assert relay.table.begun.writers == (1, None)
    assert relay.due == 3
    relay.wait(TURN + OPEN + ASK_MS)
    assert relay.due == 1, "models that do not answer are not waited for"


def test_words_that_were_taken_over_from_a_spark_are_the_models_however_they_came_in() -> None:
    relay = Round(3)
    relay.write_next()
    relay.choose(2, "spark")
    relay.answer("The harbour lights went out one by one.", "Somebody rang the bell of the old church twice.")
    relay.write(2, "At ten somebody rang the bell of the old church twice. " + "Nobody had slept in that house. " * 3)
    kept = relay.texts["p1"]
    taken = [kept.text[span.start : span.end] for span in kept.spans if span.origin == "gpt"]
    assert kept.origin == "edited"
    assert "the bell of the old church" in " ".join(taken)
    relay.write_next()
    assert relay.texts["p2"].origin == "human"
