"""Whatever is put on a card, Discord takes it."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import ui
from hypothesis import given
from hypothesis import strategies as st

from bot.ui.cards import Card, line, notice, text
from bot.ui.escaping import escape, size
from bot.ui.fitting import CARD_TEXT, HINT, LABEL, MOST_COMPONENTS, OPTION, cut
from tests.behaviour.discord_world import walk

NASTY = ["x" * 9000, "*" * 5000, "\\" * 5000, "🙂" * 3000, "e" + "\u0301" * 5000, "שלום " * 1500, "a\n" * 4000, " ", ""]


def shown(card: Card) -> list[dict[str, Any]]:
    return list(walk(card.to_components()))  # type: ignore[no-untyped-call]  # so in discord.py


@pytest.mark.parametrize("long", NASTY, ids=lambda text: repr(text[:5]))
@pytest.mark.parametrize("beside", [[], ["a short one"], ["y" * 3999], ["y" * 4000] * 3])
def test_texts_are_cut_to_what_a_message_holds(long: str, beside: list[str]) -> None:
    card = notice(*beside, escape(long), "the end")
    found = [part["content"] for part in shown(card) if part["type"] == 10]
    assert sum(map(size, found)) <= CARD_TEXT
    assert all(part.strip() for part in found)
    assert found[-1] == "the end", "what is short stays whole"
    assert card.content_length() <= CARD_TEXT


def test_labels_menus_and_numbers_are_cut() -> None:
    menu: ui.Select[Any] = ui.Select(custom_id="ink:a", placeholder="p" * 300)
    menu.options = [discord.SelectOption(label="l" * 300, value="1", description="d" * 300)]
    pressed: list[ui.Button[Any]] = [ui.Button(custom_id=f"ink:b:{number}", label="b" * 300) for number in range(30)]
    rows: list[ui.ActionRow[Any]] = [ui.ActionRow(each) for each in pressed]
    card = Card(text("t"), line(), ui.ActionRow(menu), *rows)
    parts = shown(card)
    assert len(parts) <= MOST_COMPONENTS
    (menu_shown,) = [part for part in parts if part["type"] == 3]
    assert len(menu_shown["placeholder"]) == HINT
    assert {len(menu_shown["options"][0][name]) for name in ("label", "description")} == {OPTION}
    assert {len(part["label"]) for part in parts if part["type"] == 2} == {LABEL}


def test_section_text_beside_a_button_is_never_empty() -> None:
    card = Card(text(""), ui.Section(text(" "), accessory=ui.Button(custom_id="ink:a", label="a")))
    assert [part["content"] for part in shown(card) if part["type"] == 10] == ["…"]


@given(st.text(alphabet="a*\\_ é🙂ש\u0301\n`@", max_size=80), st.integers(4, 60))
def test_cut_text_fits_and_leaves_nothing_open(raw: str, limit: int) -> None:
    whole = escape(raw)
    part = cut(whole, limit)
    assert size(part) <= limit
    if part == whole:
        return
    kept = part.removesuffix("\u2069").removesuffix("…")
    assert whole.startswith(kept)
    assert (len(kept) - len(kept.rstrip("\\"))) % 2 == 0, "no backslash takes the ellipsis along"
    assert part.count("\u2068") == part.count("\u2069")
