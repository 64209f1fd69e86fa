"""Whatever people and models wrote, every card, message and form of the bot is one that Discord takes."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from itertools import chain
from types import ModuleType
from typing import Any, get_args
from unittest.mock import AsyncMock

import pytest
from discord import ui

import bot.ui
import cogs
from bot.inference.jobs import Queued, Waking, Working
from bot.rules.ballots import Ballot, decide
from bot.rules.games.table import Quiet
from bot.rules.generations import MAX_NOTE, Generation, Suggestion
from bot.rules.infill_style import InfillStyle
from bot.rules.lore import MAX_LORE, MAX_TRIGGER, MAX_TRIGGERS, LoreEntry, LoreKind, LoreState, Tally
from bot.rules.profiles import WriterProfile
from bot.rules.receipts import InfillReceipt, OwnReceipt
from bot.rules.round_views import FOLDING_REPORTS, RoundView
from bot.rules.rounds import MAX_CANDIDATES, NOBODY, Candidate, Round, RoundKind, RoundState
from bot.rules.servers import ACTIVITIES, MAX_ROLES, ServerSettings
from bot.rules.stories import (
    MAX_PASSAGE,
    MAX_PEN_NAME,
    MAX_PREMISE,
    MAX_TITLE,
    Passage,
    Standing,
    Story,
    StoryRules,
    StoryState,
)
from bot.rules.twists import Expected, Other, Twist, suggestion_of
from bot.ui.cards import given_cards, note_line, notice, text
from bot.ui.cutting import label
from bot.ui.forms import Form, NoteForm
from bot.ui.locale import LANGUAGES, Catalogue, catalogue
from bot.ui.progress import progress_card
from bot.ui.prose import Prose, prose, prose_parts
from bot.ui.receipt_summary import receipt_card
from cogs.bridge.cards import BridgeForm
from cogs.core.message_text import MessageText, ModelUse
from cogs.core.next_steps import next_steps
from cogs.feature_cards import CARDS
from cogs.help.cards import TOPICS, guide_card
from cogs.lore.cards import PAGE, LoreForm, lore_card
from cogs.lore.cards import list_card as lore_list
from cogs.message_text.cog import use_card
from cogs.profiles.cards import NameForm, writer_card
from cogs.rounds.cards import open_card, over_card, round_card, writing_card
from cogs.rounds.next_step import AskModelsForm
from cogs.rounds.private_cards import ballot_card, more_card, round_reading_card
from cogs.rounds.result_cards import ballots_card, closed_card, pairs_card, why_card
from cogs.settings.cards import roles_card, settings_card
from cogs.settings.forms import QuietForm, WordsForm
from cogs.stories.cards import (
    LISTED,
    delete_card,
    list_card,
    overtaken_card,
    people_card,
    rules_card,
    story_card,
    withdraw_card,
)
from cogs.stories.forms import PassageForm, StoryForm, TitleForm
from cogs.stories.reading import Spot, window
from cogs.stories.reading import reading_card as story_page
from cogs.welcome.cards import welcome_card
from tests.support.limits import faults_of_content, faults_of_form, faults_of_view
from tests.ui.game_views import of_games
from tests.ui.test_cards import RECEIPT, generation

SAYS = [catalogue(language) for language in LANGUAGES]
BIG = 2**62
NASTY = {
    "short lines": "a\n",
    "line ends": "\n",
    "escaped": "*",
    "headings": "# a\n",
    "one long word": "w",
    "sentences": "It rained. ",
    "emoji": "🦊",
    "families": "👩\u200d👩\u200d👧",
    "right to left lines": "ש\n",
    "links and mentions": "https://example.org/a_b <@1> ",
    "spaces": "a" + " " * 30,
}
"""What texts are made of, again and again up to their limits."""


USES = [ModelUse(name, "✨", AsyncMock(), AsyncMock()) for name in ("add", "continue", "infill", "twist")]


def text_of(nasty: str, length: int) -> str:
    return "(" + (nasty * length)[: length - 2] + ")"


@pytest.mark.parametrize(("place", "nasty"), enumerate(NASTY.values()), ids=NASTY)
def test_discord_takes_everything_that_is_shown(place: int, nasty: str, caplog: pytest.LogCaptureFixture) -> None:
    say = SAYS[place % len(SAYS)]
    found: dict[str, list[str]] = {}
    for name, shown in everything(say, nasty):
        match shown:
            case ui.LayoutView():
                faults = faults_of_view(shown)
            case ui.Modal():
                faults = faults_of_form(shown)
            case Prose():
                faults = faults_of_content(shown.content)
        found.setdefault(name, []).extend(faults)
    assert not any(found.values()), "\n".join(f"{name}: {set(faults)}" for name, faults in found.items() if faults)
    assert not caplog.records, "cards are laid out to fit; what `bot.ui.fitting` had to cut was not"


def test_builders_of_what_can_be_shown_are_all_tried() -> None:
    tried = {name for name, _ in everything(SAYS[0], "a ")}
    assert set(_builders()) - CHOOSES <= tried


def everything(say: Catalogue, nasty: str) -> Iterator[tuple[str, Any]]:
    """Give every card, message and form with texts of `nasty`, as long as they may be, by the builder's name."""
    long, name = text_of(nasty, MAX_PASSAGE), text_of(nasty, MAX_PEN_NAME)
    yield from chain(
        _of_generations(say, long, name),
        _of_stories(say, nasty, long, name),
        _of_rounds(say, nasty, long, name),
        _of_lore(say, nasty, name),
        _of_servers(say, nasty, name),
        of_games(say, nasty),
    )


def _builders() -> Iterator[str]:
    """Give the names of what makes a card, a message or a form in `bot.ui` and in the features' packages."""
    for package in (bot.ui, cogs):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield from _builders_in(import_module(found.name))


def _builders_in(module: ModuleType) -> Iterator[str]:
    for name, made in vars(module).items():
        if name.startswith("_") or getattr(made, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(made) and issubclass(made, ui.Modal):
            yield name
        elif inspect.isfunction(made) and made.__annotations__.get("return") in _RETURNED:
            yield f"{module.__name__.removeprefix('bot.ui.').removeprefix('cogs.')}.{name}"


CHOOSES = {"RoutedForm", "receipt_summary.summary_card"}
"""What the forms have in common; each of these is tried."""
_RETURNED = ("Card", "list[Card]", "Prose", "Prose | None")


def _of_generation(say: Catalogue, made: Generation, name: str) -> Iterator[tuple[str, Any]]:
    cards = CARDS[made.kind]
    yield f"{made.kind}.card", cards.card(say, made, name=name)
    yield "receipt_summary.receipt_card", receipt_card(say, made)
    yield "receipt_details.details_card", receipt_card(say, made, details=True)
    for page in range(len(cards.reading_pages(made))):
        yield f"{made.kind}.reading_card", cards.reading_card(say, made, page)


def _of_generations(say: Catalogue, long: str, name: str) -> Iterator[tuple[str, Any]]:
    whole = Suggestion(text=long, fills=(), receipt=RECEIPT)
    wished = InfillReceipt(style=InfillStyle(near=(long,), boldness=3))
    short = Suggestion(text=long[:9], fills=(), receipt=wished)
    own = generation("continue", long, [Suggestion(text=long, fills=(), receipt=OwnReceipt())])
    template = (long[:1500], long[:1000], long[:1390])
    fills = (long[:90], "lamp")
    whole_text = f"{template[0]} {fills[0]} {template[1]} {fills[1]} {template[2]}"
    filled = Suggestion(text=whole_text, fills=fills, confidence=0.5, receipt=wished)
    infill = generation("infill", " ___ ".join(template), [filled] * 5)
    bridge = generation("bridge", " ___ ".join(template[:2]), [replace(filled, fills=fills[:1])])
    others = tuple(Other(f"{place}{long[:60]}", place * 2.0) for place in range(5))
    twist = Twist("fox. " * 6 + long[30:], tuple(Expected(at * 5, at * 5 + 3, "fox", others) for at in range(6)))
    twisted = generation("twist", long, [suggestion_of(twist.pick(0, 4).finished(), RECEIPT)])
    twisting = generation("twist", long, [suggestion_of(twist.pick(0, 4), RECEIPT)])
    for made in (generation("continue", long, [whole] * 5), generation("continue", long, [short, whole, short]), own):
        yield from _of_generation(say, made, name)
    for made in (infill, bridge, twisting, twisted):
        yield from _of_generation(say, made, name)
    for progress in (
        Working(text=long, share=0.3, eta_s=9),
        Queued(position=9, eta_s=900),
        Waking(loaded=0.5, position=9),
    ):
        yield "progress.progress_card", progress_card(say, say("progress.working"), progress, "ink:cancel:0:1")
    yield from (("cards.given_cards", each) for each in given_cards(say, long))
    yield "cards.notice", notice(say("progress.interrupted"))
    yield "Form", Form(say, "blanks", "ink:rblanks:1:0", long)
    note = text_of(long[:40], MAX_NOTE)
    yield "Form", Form(say, "continue", "ink:ask:continue:steady:1:1", note=note)
    yield "NoteForm", NoteForm(say, f"ink:noted:{BIG}", note)
    yield "cards.note_line", notice(*note_line(say, note))
    noted = replace(generation("continue", long, [whole] * 5), note=note)
    yield from _of_generation(say, noted, name)
    yield "BridgeForm", BridgeForm(say, "ink:bridge")


def _story(nasty: str, state: StoryState = "open") -> Story:
    return Story(
        id=BIG,
        tree_id=BIG,
        server_id=BIG,
        channel_id=BIG,
        thread_id=BIG,
        host_id=BIG,
        title=text_of(nasty, MAX_TITLE),
        premise=text_of(nasty, MAX_PREMISE),
        rules=StoryRules(writers="invited"),
        state=state,
        head_id=BIG,
        created_ms=0,
        changed_ms=0,
        purge_ms=BIG if state == "deleted" else None,
        fork_of=1,
    )


def _passage(text: str, pen_name: str | None, depth: int = 99_999) -> Passage:
    return Passage(
        id=BIG,
        tree_id=BIG,
        parent_id=None,
        depth=depth,
        text=text,
        author_id=BIG,
        pen_name=pen_name,
        origin="edited",
        spans=(),
        round_id=None,
        receipt=None,
        created_ms=0,
    )


def _of_stories(say: Catalogue, nasty: str, long: str, name: str) -> Iterator[tuple[str, Any]]:
    passage, story = _passage(long, name), _story(nasty)
    for state in get_args(StoryState):
        yield "stories.cards.story_card", story_card(say, _story(nasty, state), passage)
        yield "stories.cards.rules_card", rules_card(say, _story(nasty, state), changed=True)
    listed = [(replace(story, id=BIG - number), 99_999) for number in range(LISTED)]
    yield "stories.cards.list_card", list_card(say, listed, 1, 3, 18)
    people = {"cohost": range(BIG, BIG + 99), "invited": range(BIG, BIG + 99)}
    yield "stories.cards.people_card", people_card(say, story, people, note=say("story.role_given", name=f"<@{BIG}>"))  # type: ignore[arg-type]
    yield "stories.cards.delete_card", delete_card(say, story, 7)
    yield "stories.cards.withdraw_card", withdraw_card(say, story, passage)
    yield "stories.cards.overtaken_card", overtaken_card(say, story, passage)
    for part in range(len(prose_parts(long))):
        for stands in (True, False):
            for signed in (passage, _passage(long, None)):
                steps = next_steps(say, story, passage, round_id=BIG)
                shown = prose(say, signed, part, stands=stands, buttons=steps, first=True)
                assert shown is not None
                yield "prose.prose", shown
    passages = [_passage(text, name, depth) for depth, text in enumerate((long, long[:300], long[:40], long), 1)]
    for number in range(1, 5):
        for part in range(3):
            for direction in ("f", "b"):
                spot = Spot(number, part)
                first, last = window(spot, direction)
                page = [each for each in passages if first <= each.depth <= last]
                yield "stories.reading.reading_card", story_page(say, story, page, spot, direction, 4)
    yield "StoryForm", StoryForm(say, "ink:snew")
    yield "TitleForm", TitleForm(say, story, f"ink:srename:{BIG}")
    yield "PassageForm", PassageForm(say, story, f"ink:sadded:{BIG}:{BIG}", vote=True, opens=True)
    yield "AskModelsForm", AskModelsForm(say, story, f"ink:sasked:{BIG}")
    message = MessageText(text=long, person_id=BIG, author_id=1, channel_id=BIG, story=story)
    yield "message_text.cog.use_card", use_card(say, message, USES, 2**48)
    yield "message_text.cog.use_card", use_card(say, message, (), 2**48)


def _candidate(id_: int, text: str, name: str | None, **changed: Any) -> Candidate:
    values: dict[str, Any] = {
        "id": id_,
        "round_id": BIG,
        "place": id_,
        "text": text,
        "author_id": BIG,
        "pen_name": name,
        "origin": "edited",
        "spans": (),
        "mood": "wild",
        "receipt": RECEIPT,
        "none": False,
        "hidden_by": None,
        "passage_id": id_,
        "created_ms": 0,
    }
    return Candidate(**values | changed)


def _views(nasty: str, long: str, name: str) -> Iterator[RoundView]:
    """Rounds of all kinds and states: long texts, short ones, folded ones, texts that fill blanks, and many that were
    taken back."""
    none = _candidate(900, "", None, none=True)
    full = [_candidate(number, long, name) for number in range(1, MAX_CANDIDATES + 1)]
    short = [_candidate(number, long[:5], None) for number in range(1, MAX_CANDIDATES)]
    gone = [
        _candidate(100 + number, "", None, hidden_by=NOBODY if number % 3 else BIG, passage_id=None)
        for number in range(200)
    ]
    literals = (long[:700], long[:600], long[:700])
    fits = [_candidate(number, long[:2000].join(literals[:2]) + "lamp" + literals[2], name) for number in range(1, 5)]
    mixed = [each for pair in zip(full, gone, strict=False) for each in pair] + gone[MAX_CANDIDATES:]
    reports = {each.id: FOLDING_REPORTS for each in short}
    tables: list[tuple[RoundKind, list[Candidate]]] = [("continue", full), ("infill", [*short, full[-1]])]
    tables += [("bridge", mixed), ("infill", fits)]
    for state in get_args(RoundState):
        for kind, candidates in tables if state in ("open", "closed") else tables[:1]:
            ids = [each.id for each in candidates if each.hidden_by is None] + [none.id]
            ballots = tuple(Ballot(frozenset(ids[: n % 9]), ids[n % len(ids)]) for n in range(60))
            yield RoundView(
                story=_story(nasty),
                round=Round(
                    id=BIG,
                    story_id=BIG,
                    kind=kind,
                    state=state,
                    opened_by=BIG,
                    after_id=None,
                    replaces_id=None,
                    before_id=None,
                    text=f"{long[:1900]}\n\n{long[:1900]}",
                    salt="a" * 32,
                    opened_ms=0,
                    deadline_ms=BIG,
                    winner_id=ids[0],
                    extended=99,
                    note=text_of(nasty, MAX_NOTE),
                ),
                candidates=(*candidates, none),
                turnout=99,
                reports=reports,
                literals=literals if kind == "infill" else (),
                ballots=ballots if state == "closed" else (),
                outcome=decide(ids, ballots, "salt") if state == "closed" else None,
                is_newest=True,
                is_closable=state == "open",
            )


def _of_rounds(say: Catalogue, nasty: str, long: str, name: str) -> Iterator[tuple[str, Any]]:
    for view in _views(nasty, long, name):
        match view.round.state:
            case "closed":
                yield "rounds.result_cards.closed_card", closed_card(say, view)
                yield "rounds.result_cards.pairs_card", pairs_card(say, view)
                yield "rounds.result_cards.ballots_card", ballots_card(say, view)
                yield "rounds.result_cards.why_card", why_card(say, view)
            case "writing":
                progress = Working(text=long, share=0.3, eta_s=9)
                yield "rounds.cards.writing_card", writing_card(say, view.round, progress)
            case "open":
                yield "rounds.cards.open_card", open_card(say, view)
                some = Ballot(frozenset(each.id for each in view.texts), view.texts[0].id)
                yield "rounds.private_cards.ballot_card", ballot_card(say, view, some)
                yield (
                    "rounds.private_cards.more_card",
                    more_card(say, view, Standing(person_id=BIG, host=True), told=say("round.told_own")),
                )
                for page in (0, 1, 99):
                    yield "rounds.private_cards.round_reading_card", round_reading_card(say, view, page)
            case _:
                yield "rounds.cards.over_card", over_card(say, view)
        if view.round.state != "closed":
            yield "rounds.cards.round_card", round_card(say, view)


def _of_lore(say: Catalogue, nasty: str, name: str) -> Iterator[tuple[str, Any]]:
    title = text_of(nasty, MAX_TITLE)
    for kind in get_args(LoreKind):
        for state in get_args(LoreState):
            entry = LoreEntry(
                id=BIG,
                server_id=BIG,
                story_id=BIG,
                kind=kind,
                triggers=(text_of(nasty, MAX_TRIGGER),) * MAX_TRIGGERS,
                text=text_of(nasty, MAX_LORE),
                state=state,
                proposed_by=BIG,
                created_ms=0,
            )
            shown = lore_card(say, entry, Tally(agreeing=9, disagreeing=9), story=title, pen_name=name, back=True)
            yield "lore.cards.lore_card", shown
            entries = [replace(entry, id=BIG - number) for number in range(PAGE + 1)]
            for place in (None, BIG):
                listed = lore_list(say, kind, entries, story_id=place, story=title, page=1)
                yield "lore.cards.list_card", listed
        yield "LoreForm", LoreForm(say, kind, f"ink:ladded:{BIG}:{kind}")


def _of_servers(say: Catalogue, nasty: str, name: str) -> Iterator[tuple[str, Any]]:
    words = tuple(f"{number}{label(nasty, 20)}" for number in range(300))
    channels = frozenset(range(BIG, BIG + 60))
    settings = ServerSettings(server_id=BIG, channels=channels, words=words)
    roles = {activity: frozenset(range(BIG, BIG + MAX_ROLES)) for activity in ACTIVITIES}
    settings = replace(settings, roles=roles)
    yield "settings.cards.settings_card", settings_card(say, settings, text_of(nasty, 100), now_ms=0, saved=3)
    yield "welcome.cards.welcome_card", welcome_card(say, models=text_of(nasty, 200), host="h" * 253)
    yield "settings.cards.roles_card", roles_card(say, settings, saved=1)
    yield (
        "profiles.cards.writer_card",
        writer_card(say, WriterProfile(server_id=1, person_id=2, pen_name=name), saved=True),
    )
    yield "NameForm", NameForm(say, "ink:lnamed", name)
    yield "WordsForm", WordsForm(say, "ink:lworded", words)
    yield "QuietForm", QuietForm(say, "ink:quieted", Quiet(zone="America/Argentina/ComodRivadavia", begin=7, end=7))
    for topic in TOPICS:
        yield "help.cards.guide_card", guide_card(say, topic, manages=True, keep_days=365)


def test_checker_sees_what_discord_refuses() -> None:
    assert faults_of_content("x" * 2001)
    assert faults_of_content(" ")
    assert not faults_of_content("🦊" * 1000)
    assert faults_of_content("🦊" * 1001)
    assert faults_of_view(_uncut(text("x" * 2000), text("y" * 2001)))
    assert faults_of_view(_uncut(text("\u200b \n".strip("\u200b"))))
    menu: ui.Select[Any] = ui.Select(custom_id="a", placeholder="🦊" * 76)
    menu.add_option(label="x" * 101, value="1")
    assert len(faults_of_view(_uncut(ui.ActionRow(menu)))) == 2


def _uncut(*blocks: ui.Item[Any]) -> ui.LayoutView:
    """A card that `bot.ui.fitting` has not seen."""
    view = ui.LayoutView()
    view.add_item(ui.Container(*blocks))
    return view
