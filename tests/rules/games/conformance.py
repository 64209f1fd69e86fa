"""What every kind of game must keep to, whatever people, models and clocks do. Each function takes a kind, a pace and a
seed, plays, and raises `Broken` where a rule does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import msgspec

from bot.errors import PersonError
from bot.rules.games import steps
from bot.rules.games.game import AnyGame
from bot.rules.games.steps import Event
from bot.rules.games.table import Pace, text_of
from tests.rules.games.hands import HANDS, Hand, everybody, tokens_of
from tests.rules.games.parties import GHOST, TOKEN, Broken, Party, party_of

SILENT_MS = {"tonight": 12 * 3_600_000, "days": 60 * 86_400_000}
"""In a game that nobody plays any more all deadlines together are no longer than this, by pace (ms)."""
TICKS = 1500
"""A silent game is over after fewer ticks."""
ACTS = 1500
"""A game in which all do what they can is over after fewer acts and ticks."""
LATE = (steps.Wrote, steps.Passed, steps.Made, steps.Skipped, steps.MoreTime)
"""Events that are good for one turn or request: later they change nothing."""
TAU = 0.25
"""How far what is shown may follow the seats: the mean of Kendall's tau."""


# ---- chance


def chance_events(party: Party, hand: Hand, count: int) -> Iterator[Event]:
    """Let so many random things happen, until the game is over; give each event that was played."""
    for _ in range(count):
        if party.table.is_over:
            return
        event = _chance_event(party, hand)
        if event is None:
            continue
        if isinstance(event, steps.Tick):
            due_ms = party.table.due_ms or party.now_ms
            late_ms = party.rng.choice([0, 0, 0, 1000, 3_600_000])
            party.now_ms = max(party.now_ms, due_ms + late_ms)
        else:
            party.now_ms += party.rng.randint(0, 2000)
        if party.tries(event):
            yield event


def _chance_event(party: Party, hand: Hand) -> Event | None:
    rng, table = party.rng, party.table
    lot = rng.random()
    if table.state == "paused" and lot < 0.9:  # time would end it
        return rng.choice(_upsets(party))
    if lot < 0.5:
        return rng.choice(hand.acts(party) or [steps.Tick()])
    if lot < 0.6:
        return steps.Tick()
    if lot < 0.7:
        keys = [request.key for request in table.requests]
        if not keys:
            return None
        key = rng.choice(keys)
        return hand.answer(party, key) if rng.random() < 0.7 else steps.Made(key=key)
    if lot < 0.85:
        return rng.choice(hand.fancies(party))
    return rng.choice(_upsets(party))


def _upsets(party: Party) -> list[Event]:
    """What happens at any table."""
    rng, table = party.rng, party.table
    seat = rng.choice(sorted(everybody(party)))
    turn = rng.choice(table.turns) if table.turns else None
    due, move = (turn.seat, turn.move) if turn is not None else (seat, 0)
    slot = rng.choice(sorted(party.texts)) if party.texts else "0.0"
    events: list[Event] = [
        steps.Joined(pen_name=f"Late{len(table.seats)}", role=rng.choice(["player", "reader"])),
        steps.Joined(pen_name="Reader", seat=seat),
        steps.Left(due),
        steps.Left(seat),
        steps.Removed(seat),
        steps.Back(seat),
        steps.Back(due),
        steps.Opened(due, move),
        steps.MoreTime(due, move),
        steps.Passed(seat=due, move=move, gives_back=rng.random() < 0.5),
        steps.Skipped(due, move),
        steps.Resumed(),
        steps.Resumed(),
        steps.Hid(slot, rng.random() < 0.6),
        steps.Hid(slot, False),
        steps.Started(),
        steps.Agreed(settings={}),
    ]
    if rng.random() < 0.3:
        events += [steps.Paused()] * 4
    if rng.random() < 0.03:
        events += [steps.Ended(phase=table.phase)]
    return events


# ---- what must hold


def check_repeats(game: AnyGame, pace: Pace, seed: str, events: int = 80) -> int:
    """What comes twice, or when its turn is over, changes nothing; nor does a second tick at the same time. Returns how
    many events were played."""
    party, hand, played = party_of(game, pace, seed), HANDS[game.kind], 0
    for event in chance_events(party, hand, events):
        played += 1
        if not isinstance(event, steps.Joined) or event.seat is not None:
            party.unchanged_by(event)
        party.unchanged_by(steps.Tick()) if isinstance(event, steps.Tick) else None
        late = party.rng.choice(party.done)
        if _is_late(party, hand, late):
            party.unchanged_by(late)
    return played


def _is_late(party: Party, hand: Hand, event: Event) -> bool:
    """Tell whether an event that was played before is over for good."""
    if isinstance(event, steps.Chose):
        return event.what in hand.single
    if isinstance(event, steps.Skipped) and event.move is None:
        return False
    if isinstance(event, (steps.Wrote, steps.Passed, steps.Skipped, steps.MoreTime)):
        turn = party.table.turn(event.seat)
        return turn is None or turn.move != event.move
    return isinstance(event, LATE)


def check_silence(game: AnyGame, pace: Pace, seed: str, events: int = 40) -> None:
    """After whatever happened, a game that nobody plays any more ends by itself."""
    party = party_of(game, pace, seed)
    for _ in chance_events(party, HANDS[game.kind], party.rng.randint(0, events)):
        pass
    fall_silent(party)


def fall_silent(party: Party) -> None:
    """Let nothing happen but time until the game is over."""
    began_ms = party.now_ms
    for _ in range(TICKS):
        if party.table.is_over:
            break
        before_ms = party.table.due_ms or 0
        party.tick()
        if not party.table.is_over and (party.table.due_ms or 0) <= min(before_ms, party.now_ms):
            raise Broken(f"time stands still: {party.table}")
    if not party.table.is_over or party.now_ms - began_ms > SILENT_MS[party.table.terms.pace]:
        raise Broken(f"silence does not end the game in its own time: {party.table}")


def check_course(game: AnyGame, pace: Pace, seed: str, events: int = 60) -> int:
    """After whatever happened the game can still end, in silence or with all doing what they can. Returns how many
    random events there were."""
    party, hand = party_of(game, pace, seed), HANDS[game.kind]
    played = sum(1 for _ in chance_events(party, hand, party.rng.randint(1, events)))
    fall_silent(party.copy())
    finish(party.copy(), hand)
    return played


def check_diligence(game: AnyGame, pace: Pace, seed: str, events: int = 40) -> Party:
    """After whatever happened, a game in which all who are there do what they can ends with something made, and never
    waits for the clock while somebody is waited for."""
    party, hand = party_of(game, pace, seed), HANDS[game.kind]
    for _ in chance_events(party, hand, party.rng.randint(0, events)):
        pass
    finish(party, hand)
    return party


def finish(party: Party, hand: Hand) -> None:
    """Let all who are there do what they can until the game is over."""
    for count in range(ACTS):
        if party.table.is_over:
            return
        if count > ACTS // 10 and hand.is_endless(party):
            party.do(steps.Ended(phase=party.table.phase))
            continue
        if party.table.state == "paused" and _gather(party):
            continue
        acts = hand.acts(party) if party.table.state == "playing" else []
        if acts:
            party.do(party.rng.choice(acts))
        elif party.table.requests and party.rng.random() < 0.5:
            key = party.table.requests[0].key
            party.do(hand.answer(party, key))
        else:
            _require_reason_to_wait(party)
            party.tick()
    raise Broken(f"all do what they can, and it does not end: {party.table}")


def _gather(party: Party) -> bool:
    """Let everybody come back who rests, and whoever leads go on; tell whether it goes on."""
    for seat in party.table.players:
        if seat.presence == "resting":
            party.do(steps.Back(seat.number))
    return party.table.state != "paused" or party.tries(steps.Resumed())


def _require_reason_to_wait(party: Party) -> None:
    table = party.table
    anybody = party.game.unmanned | party.game.open_phases  # where others may come, somebody alone waits for them
    if table.state == "playing" and table.phase not in anybody and not table.requests:
        due_ms = table.due_ms or 0
        if due_ms > party.now_ms + 600_000 and not any(turn.acted for turn in table.turns):
            raise Broken(f"nobody can do anything, and nothing is due soon: {table}")


def check_hidden(game: AnyGame, pace: Pace, seed: str, events: int = 80) -> int:
    """No view holds a text, or a seat, that its viewer may not see: texts are made of words that stand nowhere else,
    and seats have numbers like no others. Returns how many views were searched."""
    party, hand, searched = party_of(game, pace, seed), HANDS[game.kind], 0
    for _ in chance_events(party, hand, events):
        searched += search_views(party, hand)
    return searched


def search_views(party: Party, hand: Hand) -> int:
    """Search what everybody sees now; return how many views that were."""
    viewers: list[int | None] = [None, *sorted(everybody(party))]
    for viewer in viewers:
        view = party.game.view(party.table, tuple(party.texts.values()), viewer)
        tokens, seats = found_in(view)
        may_see, may_know = hand.seen(party, viewer)
        hidden = tokens_of(party.texts.values()) | tokens_of(party.everything)
        leaked = (tokens & hidden) - may_see
        if leaked:
            raise Broken(f"seat {viewer} sees {sorted(leaked)}: {view}")
        told = seats - may_know - {viewer}
        if told:
            raise Broken(f"seat {viewer} is told of {sorted(told)}: {view}")
    return len(viewers)


def found_in(view: Any) -> tuple[set[str], set[int]]:
    """Return all tokens and all numbers of seats in a view, in texts, too."""
    tokens: set[str] = set()
    seats: set[int] = set()
    for leaf in leaves(msgspec.to_builtins(view)):
        if isinstance(leaf, str):
            tokens.update(token.lower() for token in TOKEN.findall(leaf))
            seats.update(number for number in map(int, re.findall(r"\d+", TOKEN.sub("", leaf))) if _is_seat(number))
        elif isinstance(leaf, int) and _is_seat(leaf):
            seats.add(leaf)
    return tokens, seats


def leaves(value: Any) -> Iterator[Any]:
    """Give everything in a value, keys too."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from leaves(each)
    elif isinstance(value, (list, tuple, set)):
        for each in value:
            yield from leaves(each)
    else:
        yield value


def _is_seat(number: int) -> bool:
    return GHOST <= number < GHOST + 500


def check_order(game: AnyGame, pace: Pace, seed: str, plays: int = 60) -> float:
    """The order in which texts of people who are not told are shown does not follow their seats. Returns the mean of
    Kendall's tau."""
    taus = [tau for play in range(plays) if (tau := _tau(game, pace, f"{seed}:{play}")) is not None]
    mean = sum(taus) / len(taus) if taus else 0.0
    if abs(mean) > TAU:
        raise Broken(f"texts are shown in the order of the seats: {mean:.2f} in {len(taus)} plays")
    return mean


def _tau(game: AnyGame, pace: Pace, seed: str) -> float | None:
    """Play once, everybody acting in the order of their seats; return how much the last view with texts of hidden
    writers follows it, None where there was none."""
    party, hand = party_of(game, pace, seed, players=5), HANDS[game.kind]
    reader = party.join(role="reader")
    tau = None
    for _ in range(ACTS):
        if party.table.is_over:
            break
        acts = hand.acts(party) if party.table.state == "playing" else []
        if acts:
            party.do(min(acts, key=lambda act: getattr(act, "seat", 0)))
        elif party.table.requests:
            key = party.table.requests[0].key
            party.do(hand.answer(party, key))
        else:
            party.tick()
        tau = _tau_of(party, hand, reader) or tau
    return tau


def _tau_of(party: Party, hand: Hand, viewer: int) -> float | None:
    told = hand.seen(party, viewer)[1]
    writers = {token: text.seat for text in party.texts.values() for token in TOKEN.findall(text.text)}
    view = party.game.view(party.table, tuple(party.texts.values()), viewer)
    shown: list[int] = []
    for leaf in leaves(msgspec.to_builtins(view)):
        found = TOKEN.search(leaf) if isinstance(leaf, str) else None
        writer = writers.get(found[0].lower()) if found else None
        if writer is not None and writer not in told and writer not in shown:
            shown.append(writer)
    pairs = list(combinations(shown, 2))
    return sum(1 if one < other else -1 for one, other in pairs) / len(pairs) if pairs else None


def check_points(game: AnyGame, pace: Pace, seed: str) -> dict[int, int]:
    """Points go to seats that were there, once for each reason, and a second end brings none. Returns them by seat."""
    party, hand = party_of(game, pace, seed), HANDS[game.kind]
    for _ in chance_events(party, hand, 400):
        pass
    finish(party, hand)
    points: dict[int, int] = {}
    for effect in party.effects:
        if isinstance(effect, steps.Score):
            if effect.seat not in everybody(party) or effect.points <= 0:
                raise Broken(f"points for nobody, or none: {effect}")
            points[effect.seat] = points.get(effect.seat, 0) + effect.points
    count = len(party.effects)
    for event in (steps.Tick(), steps.Ended(), steps.Ended(phase="")):
        party.tries(event)
    if len(party.effects) != count:
        raise Broken("a game that is over goes on")
    story = party.game.story(party.table, tuple(party.texts.values())) if party.table.game is not None else ()
    if len(set(story)) != len(story) or any(text_of(tuple(party.texts.values()), slot) is None for slot in story):
        raise Broken(f"a story of texts that are not there: {story}")
    return points


def check_rejected(game: AnyGame, pace: Pace, seed: str) -> None:
    """What somebody may not do changes nothing and says why."""
    party, hand = party_of(game, pace, seed), HANDS[game.kind]
    for _ in chance_events(party, hand, 60):
        for event in hand.fancies(party):
            before = party.table, dict(party.texts)
            try:
                party.copy().do(event)
            except PersonError as error:
                if not error.key:
                    raise Broken(f"an error without a sentence: {event}") from error
            if (party.table, party.texts) != before:
                raise Broken(f"a refused event changed something: {event}")
