"""What all games have in common at a table: who leads, who is there, what is hidden, and clicks that come twice."""

from __future__ import annotations

import dataclasses
import random

import pytest

from bot.errors import PersonError
from bot.rules.games import steps
from bot.rules.games.counterfeit import CounterfeitGame
from bot.rules.games.fold import FoldGame
from bot.rules.games.game import AnyGame
from bot.rules.games.steps import Event
from bot.rules.games.table import GRACE_MS, LOBBY_MS, PAUSE_MS, Pace
from tests.rules.games.parties import GHOST, Party

FOLD = FoldGame()
"""The game that most tests play."""
FIRST = GHOST + 1
"""The first seat of a party."""


def party_with(players: int, game: AnyGame = FOLD, pace: Pace = "tonight", **terms: bool) -> Party:
    """Return a game that has begun."""
    party = lobby_with(players, game, pace, **terms)
    party.do(steps.Started())
    return party


def lobby_with(players: int, game: AnyGame = FOLD, pace: Pace = "tonight", **terms: bool) -> Party:
    """Return a game that has not begun."""
    party = Party(game, pace, random.Random(1), **terms)
    for _ in range(players):
        party.join()
    return party


def write(party: Party, seat: int, words: int = 5) -> None:
    """Let a seat write."""
    turn = party.table.turn(seat)
    assert turn is not None
    party.do(steps.Wrote(seat=seat, move=turn.move, text=party.tokens(words)))


def refused(party: Party, event: Event) -> str:
    """Return why an event is refused, and require that it changed nothing."""
    before = party.table
    with pytest.raises(PersonError) as caught:
        party.do(event)
    assert party.table == before
    return caught.value.key


def presence(party: Party, number: int) -> str:
    seat = party.table.seat(number)
    assert seat is not None
    return seat.presence


def state_of(party: Party) -> str:
    return party.table.state


# ---- who leads, who is there


def test_the_earliest_who_is_there_leads_when_whoever_leads_leaves() -> None:
    party = party_with(4)
    assert party.table.host == FIRST
    party.do(steps.Left(FIRST))
    assert party.table.host == FIRST + 1
    party.do(steps.Removed(FIRST + 1))
    assert party.table.host == FIRST + 2
    party.do(steps.Back(FIRST))
    assert party.table.host == FIRST + 2, "who comes back does not take the lead again"


def test_who_rests_leads_only_where_nobody_else_is_there() -> None:
    party = party_with(4)
    for _ in range(2):
        while party.table.turn(FIRST + 1) is None:
            party.tick()
        party.do(steps.Skipped(FIRST + 1))
    assert presence(party, FIRST + 1) == "resting"
    party.do(steps.Left(FIRST))
    assert party.table.host == FIRST + 2


def test_a_lobby_that_all_leave_is_cancelled_and_keeps_nobody() -> None:
    party = lobby_with(2)
    party.do(steps.Left(FIRST))
    assert party.table.host == FIRST + 1
    assert party.table.seat(FIRST) is None
    party.do(steps.Left(FIRST + 1))
    assert party.table.state == "cancelled"


@pytest.mark.parametrize("pace", ["tonight", "days"])
def test_a_lobby_that_nobody_starts_is_cancelled(pace: Pace) -> None:
    party = lobby_with(2, pace=pace)
    party.tick()
    assert party.table.state == "cancelled"
    assert party.now_ms == party.table.created_ms + LOBBY_MS[pace]


def test_a_game_with_too_few_does_not_start() -> None:
    assert refused(lobby_with(2), steps.Started()) == "game_few"


def test_who_left_comes_back_to_their_seat_and_who_was_removed_does_not() -> None:
    party = party_with(5)
    write(party, FIRST + 1)
    party.do(steps.Left(FIRST + 1))
    assert refused(party, steps.Chose(seat=FIRST + 1, what="hearts", values=())) == "game_not_in"
    party.do(steps.Back(FIRST + 1))
    assert presence(party, FIRST + 1) == "in"
    party.do(steps.Removed(FIRST + 2))
    assert refused(party, steps.Back(FIRST + 2)) == "game_not_in"


def test_who_comes_back_finds_no_room_that_others_took() -> None:
    party = party_with(12)
    party.do(steps.Left(FIRST))
    party.join()
    assert refused(party, steps.Back(FIRST)) == "game_full"
    assert refused(party, steps.Joined(pen_name="Thirteenth")) == "game_full"


def test_a_reader_can_play_at_their_own_seat() -> None:
    party = party_with(3)
    reader = party.join(role="reader")
    assert refused(party, steps.Joined(pen_name="Reader", seat=FIRST)) == "game_not_in"
    party.do(steps.Joined(pen_name="Reader", seat=reader))
    seat = party.table.seat(reader)
    assert seat is not None
    assert (seat.role, seat.number) == ("player", reader)


def test_two_missed_turns_in_a_row_are_a_rest_and_any_act_ends_it() -> None:
    party = party_with(5)
    write(party, FIRST + 1)
    for _ in range(2):
        while (turn := party.table.turn(FIRST + 1)) is None:
            write(party, party.table.turns[0].seat)
        party.do(steps.Skipped(FIRST + 1, turn.move))
    assert presence(party, FIRST + 1) == "resting"
    party.do(steps.Ended())
    party.do(steps.Chose(seat=FIRST + 1, what="hearts", values=()))
    assert presence(party, FIRST + 1) == "in"


def test_whoever_is_skipped_and_at_once_asked_again_is_told() -> None:
    party = party_with(3)
    turn = party.table.turns[0]
    party.do(steps.Skipped(turn.seat, turn.move))
    again = party.table.turn(turn.seat)
    if again is not None:
        assert steps.Ping(turn.seat, again.move) in party.effects
    assert refused(party, steps.Skipped(turn.seat, turn.move)) == "turn_over"


def test_an_empty_table_ends_at_once_with_what_there_is() -> None:
    party = party_with(3)
    write(party, FIRST)
    for number in range(3):
        party.do(steps.Left(FIRST + number))
    assert party.table.state == "ended"
    assert party.effects.count(steps.Archive()) == 1


# ---- pauses


def test_too_few_pause_it_and_whoever_comes_lets_it_go_on() -> None:
    party = party_with(3)
    party.do(steps.Left(FIRST))
    party.do(steps.Left(FIRST + 1))
    assert (party.table.state, party.table.pause_reason) == ("paused", "few")
    assert refused(party, steps.Resumed()) == "game_few"
    late = party.join()
    assert party.table.state == "playing"
    assert party.table.turn(late) is not None, "who lets it go on has a sheet"


def test_nobody_is_asked_while_it_is_paused_and_all_are_afterwards() -> None:
    party = party_with(4)
    party.do(steps.Paused())
    held = {turn.seat for turn in party.table.turns}
    late = party.join()
    party.do(steps.Left(FIRST + 1))
    assert {turn.seat for turn in party.table.turns} == held - {FIRST + 1}
    party.do(steps.Resumed())
    assert party.table.turn(late) is not None, "the sheet of who left is given to who joined"


def test_a_pause_by_whoever_leads_ends_when_they_say_so() -> None:
    party = party_with(4)
    party.do(steps.Paused())
    assert refused(party, steps.Paused()) == "game_paused"
    party.do(steps.Left(FIRST + 3))
    party.do(steps.Back(FIRST + 3))
    assert state_of(party) == "paused"
    party.do(steps.Resumed())
    assert state_of(party) == "playing"
    assert refused(party, steps.Resumed()) == "game_not_paused"


def test_a_pause_that_lasts_ends_with_the_reveal() -> None:
    party = party_with(3)
    write(party, FIRST)
    party.do(steps.Paused())
    party.tick()
    assert (party.table.state, party.table.phase) == ("playing", "reveal")
    assert party.now_ms == party.table.created_ms + PAUSE_MS["tonight"]


def test_a_reveal_that_was_paused_goes_on_without_players() -> None:
    party = party_with(3)
    write(party, FIRST)
    party.do(steps.Ended())
    party.do(steps.Paused())
    party.do(steps.Left(FIRST))
    party.do(steps.Left(FIRST + 1))
    party.do(steps.Resumed())
    assert party.table.state == "playing"


# ---- clicks that come twice


def test_a_second_click_on_end_does_not_end_the_reveal() -> None:
    party = party_with(3)
    write(party, FIRST)
    party.do(steps.Ended(phase="write"))
    assert refused(party, steps.Ended(phase="write")) == "turn_over"
    party.do(steps.Ended(phase="reveal"))
    assert party.table.state == "ended"


def test_who_has_acted_can_still_change_it_until_a_grace_after_the_last() -> None:
    party = party_with(3, CounterfeitGame())
    for number in range(3):
        write(party, FIRST + number, 10)
    assert party.table.due_ms == party.now_ms + GRACE_MS["tonight"]
    turn = party.table.turn(FIRST)
    assert turn is not None
    party.do(steps.Opened(FIRST, turn.move))
    write(party, FIRST, 12)
    party.tick()
    assert party.table.phase != "forge"


def test_the_grace_begins_when_the_last_who_is_waited_for_leaves() -> None:
    party = party_with(3, CounterfeitGame())
    write(party, FIRST, 10)
    write(party, FIRST + 1, 10)
    party.do(steps.Left(FIRST + 2))
    assert party.table.phase_due_ms == party.now_ms + GRACE_MS["tonight"]


# ---- hidden texts


def test_a_text_is_hidden_from_all_and_shown_again_whatever_the_state() -> None:
    party = party_with(3)
    write(party, FIRST)
    slot = next(iter(party.texts))
    text = party.texts[slot].text
    assert refused(party, steps.Hid("no such slot", True)) == "game_gone"
    party.do(steps.Ended())
    party.do(steps.Hid(slot, True))
    assert steps.Reveal(1) in party.effects
    while not party.table.is_over:
        party.tick()
    assert all(not line.text for sheet in party.game.view(party.table, tuple(party.texts.values()), None).sheets
               for line in sheet)  # fmt: skip
    before = len(party.effects)
    party.do(steps.Hid(slot, False))
    assert steps.Reveal(1) in party.effects[before:]
    assert party.texts[slot].text == text
    view = party.game.view(party.table, tuple(party.texts.values()), None)
    assert [line.text for sheet in view.sheets for line in sheet] == [text]


def test_events_of_games_are_no_events_of_people() -> None:
    party = party_with(3)
    with pytest.raises(ValueError, match="PhaseOver"):
        party.do(steps.PhaseOver())
    with pytest.raises(ValueError, match="Missed"):
        party.do(steps.Missed(dataclasses.replace(party.table.turns[0])))
