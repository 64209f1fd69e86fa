"""The cards of memory and lore, of writers, help and settings fit into Discord's limits, whatever stands on them."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from bot.rules.lore import MAX_LORE, MAX_TRIGGER, MAX_TRIGGERS, LoreEntry, LoreKind, LoreState, Tally
from bot.rules.profiles import WriterProfile
from bot.rules.servers import MAX_LISTED_WORDS, ServerSettings
from bot.rules.stories import MAX_PEN_NAME, MAX_TITLE
from bot.ui.cards import Card
from bot.ui.escaping import size
from bot.ui.locale import LANGUAGES, catalogue
from cogs.help.cards import TOPICS, guide_card, topics_for
from cogs.lore.cards import PAGE, beginning, list_card, lore_card
from cogs.profiles.cards import writer_card
from cogs.settings.cards import settings_card

SAYS = [catalogue(language) for language in LANGUAGES]
WORST = ("*", "\n#", "灯", "😀", "@everyone ", "a ")


def worst(filler: str, id_: int = 2**62, *, kind: LoreKind = "lore", state: LoreState = "proposed") -> LoreEntry:
    return LoreEntry(
        id=id_,
        server_id=2**62,
        story_id=2**62,
        kind=kind,
        triggers=tuple((f"{number}" + filler * MAX_TRIGGER)[:MAX_TRIGGER] for number in range(MAX_TRIGGERS)),
        text=(filler * MAX_LORE)[:MAX_LORE],
        state=state,
        proposed_by=2**62,
        created_ms=1,
    )


def check(card: Card) -> dict[str, Any]:
    """Discord's limits: 40 components, 4,000 characters, 25 options of 100 characters, 100 of a custom id."""
    assert card.total_children_count <= 40
    container: dict[str, Any]
    (container,) = card.to_components()  # type: ignore[no-untyped-call]  # discord.py leaves it untyped
    parts = list(_walk(container))
    assert sum(size(part["content"]) for part in parts if part["type"] == 10) <= 4000
    for part in parts:
        assert len(part.get("custom_id", "")) <= 100
        assert len(part.get("options", [])) <= 25
        for option in part.get("options", []):
            assert 1 <= len(option["label"]) <= 100
            assert len(option.get("description") or "") <= 100
    return container


def _walk(component: dict[str, Any]) -> Any:
    yield component
    for inner in [*component.get("components", []), *([component["accessory"]] if "accessory" in component else [])]:
        yield from _walk(inner)


@pytest.mark.parametrize("say", SAYS)
@pytest.mark.parametrize("filler", WORST)
def test_entry_fits_on_its_card(say: Any, filler: str) -> None:
    story, pen_name = (filler * MAX_TITLE)[:MAX_TITLE], ("*" * MAX_PEN_NAME)
    for state in get_args(LoreState):
        entry = worst(filler, state=state)
        for back in (False, True):
            check(
                lore_card(say, entry, Tally(agreeing=999, disagreeing=999), story=story, pen_name=pen_name, back=back)
            )


@pytest.mark.parametrize("say", SAYS)
@pytest.mark.parametrize("filler", WORST)
def test_page_of_entries_fits_on_the_list(say: Any, filler: str) -> None:
    entries = [worst(filler, 2**62 + number) for number in range(PAGE + 1)]
    story = (filler * MAX_TITLE)[:MAX_TITLE]
    card = check(list_card(say, "lore", entries, story_id=2**62, story=story, page=3))
    (menu,) = (part for part in _walk(card) if part["type"] == 3)
    assert [option["value"] for option in menu["options"]] == [str(entry.id) for entry in entries[:PAGE]]
    check(list_card(say, "memory", [], story_id=None, story=None, page=0))


def test_entry_beginning() -> None:
    assert beginning(worst("a ")) == "a " * 49 + "a…"
    assert len(beginning(worst("灯"))) == 100


@pytest.mark.parametrize("say", SAYS)
@pytest.mark.parametrize("topic", TOPICS)
def test_help_on_every_topic_fits_on_a_card(say: Any, topic: Any) -> None:
    check(guide_card(say, topic, manages=True, keep_days=365))


@pytest.mark.parametrize("say", SAYS)
def test_lore_card_help_for_the_server_is_for_its_managers(say: Any) -> None:
    card = check(guide_card(say, "writing", manages=False, keep_days=30))
    (menu,) = (part for part in _walk(card) if part["type"] == 3)
    assert [option["value"] for option in menu["options"]] == [topic for topic in TOPICS if topic != "server"]
    assert topics_for(manages=True) == tuple(TOPICS)


@pytest.mark.parametrize("say", SAYS)
def test_cards_of_writers_and_servers_fit(say: Any) -> None:
    check(
        writer_card(say, WriterProfile(server_id=1, person_id=2, pen_name="*" * MAX_PEN_NAME, no_ai=True), saved=True)
    )
    words = tuple(f"word {number}" for number in range(MAX_LISTED_WORDS))
    check(settings_card(say, ServerSettings(server_id=1, words=words), "*" * 100, now_ms=0, saved=3))
