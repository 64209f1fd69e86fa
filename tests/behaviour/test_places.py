"""Private messages, servers that the bot is not a member of, and what only the host may do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import simcord

from bot.inference.queue import Ticket
from bot.ui.locale import LANGUAGES
from cogs.help.cards import TOPICS
from tests.behaviour.discord_world import STORY, DiscordWorld, en, private, refusal, texts, zh
from tests.behaviour.voting import begin_story, open_round


async def test_in_a_private_message(world: DiscordWorld) -> None:
    user = world.ben.user
    result = await user.slash("continue", text=STORY, length=6, count=1)
    assert result.response is not None
    kept = await world.generation(1)
    assert kept.place.server_id is None
    assert kept.place.channel_id == user.dm_channel.id

    await world.restart()
    again = await user.click(result.response, label=en("button.retry"))
    assert again.response is not None
    assert again.response.id == result.response.id, "the card is turned"
    assert (await world.generation(2)).parent_id == 1
    assert "settings" not in user.available_commands()
    await user.click(result.response, label=en("button.delete"))
    assert await world.kept() == []


async def test_in_private_the_card_speaks_the_persons_language(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.speak(monkeypatch, world.ben, "zh-CN")
    result = await world.ben.user.slash("continue", text=STORY, length=6, count=1)
    assert zh("card.continue.title", count=1) in texts(result.response)


async def test_the_card_in_a_server_speaks_its_language(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.speak(monkeypatch, world.ben, "zh-CN")
    assert en("card.continue.title", count=1) in texts((await world.ask(world.ben, count=1)).response)
    world.speak(monkeypatch, world.chen, "en-US", guild_locale="zh-CN")
    assert zh("card.continue.title", count=1) in texts((await world.ask(world.chen, count=1)).response)


ELSEWHERE = {"guild_id": "987654321098765432", "authorizing_integration_owners": {"1": "1"}}


async def test_installed_to_a_person_in_a_server_without_the_bot(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.speak(monkeypatch, world.ben, "en-US", **ELSEWHERE)
    result = await world.ask(world.ben, count=1)
    assert en("card.continue.title", count=1) in texts(result.response)
    kept = await world.generation(1)
    assert kept.place.server_id is None
    assert result.response is not None
    again = await world.ben.click(result.response, label=en("button.retry"))
    assert again.response is not None
    assert again.response.id == result.response.id, "the card is turned"
    assert (await world.generation(2)).message_id == result.response.id


async def test_a_wait_too_long_for_the_token_is_refused_there(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ticket, "eta_s", property(lambda ticket: 13 * 60.0))
    result = await world.ask(world.ben, count=1)
    assert result.response is not None
    assert not result.response.ephemeral

    world.speak(monkeypatch, world.ben, "en-US", **ELSEWHERE)
    refused = await world.ask(world.ben, count=1)
    assert refusal(refused) == en("error.too_long_here", minutes=13, retry_after_s=60)
    assert world.services.inference.running == 0


async def test_two_peoples_private_conversation_is_no_place_of_the_bots(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installed to a person, the bot can be used between two people; it cannot edit there without the token."""
    monkeypatch.setattr(Ticket, "eta_s", property(lambda ticket: 13 * 60.0))
    with_the_bot = await world.ben.user.slash("continue", text=STORY, length=6, count=1)
    assert with_the_bot.response is not None
    assert not with_the_bot.response.ephemeral
    world.speak(monkeypatch, world.ben, "en-US", context=2)
    refused = await world.ben.user.slash("continue", text=STORY, length=6, count=1)
    assert refusal(refused) == en("error.too_long_here", minutes=13, retry_after_s=60)


async def test_help_in_both_languages(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = await world.ben.slash(world.channel, "help")
    assert en("help.title") in private(asked)
    assert en("help.continue") in private(asked)
    card = asked.response
    assert card is not None
    await world.restart()
    for topic, parts in TOPICS.items():
        if topic != "server":
            await world.ben.select(card, [topic], custom_id="ink:guide")
            assert all(en(f"help.{part}", count=30) in texts(card) for part in parts)
    assert en("help.topic_server") not in str(card.components)
    hosts = (await world.ada.slash(world.channel, "help")).response
    assert hosts is not None
    await world.ada.select(hosts, ["server"], custom_id="ink:guide")
    assert en("help.settings") in texts(hosts)
    world.speak(monkeypatch, world.chen, "zh-CN")
    assert zh("help.title") in private(await world.chen.slash(world.channel, "help"))


class TestHost:
    """Commands by private message, for the owners in the settings."""

    async def test_sync_and_status(self, world: DiscordWorld) -> None:
        world.env.bot.owner_ids = {world.ada.id}  # type: ignore[attr-defined]  # the bot under test is a commands.Bot
        bot = world.env.bot.user
        assert bot is not None
        await world.ada.send_dm(f"{bot.mention} sync")
        answer = world.ada.user.dm_channel.last_message
        assert answer is not None
        assert answer.content == en("owner.synced", count=len(world.env.bot.tree.get_commands()))  # type: ignore[attr-defined]  # likewise
        await world.ada.send_dm(f"{bot.mention} status")
        answer = world.ada.user.dm_channel.last_message
        assert answer is not None
        assert "tokens/s" in answer.content
        assert en("owner.stories", stories=0, rounds=0, posts=0) in answer.content
        thread = await begin_story(world)
        await open_round(world, thread)
        await world.ada.send_dm(f"{bot.mention} status")
        answer = world.ada.user.dm_channel.last_message
        assert answer is not None
        assert re.search(r"Stories: 1 · votes under way: 1 · messages waiting to be shown: \d", answer.content)

    async def test_others_are_refused(self, world: DiscordWorld, env: simcord.Env) -> None:
        world.env.bot.owner_ids = {world.ada.id}  # type: ignore[attr-defined]  # the bot under test is a commands.Bot
        bot = world.env.bot.user
        assert bot is not None
        await world.ben.send_dm(f"{bot.mention} sync")
        answer = world.ben.user.dm_channel.last_message
        assert answer is not None
        assert answer.content == en("error.owner_only")
        assert env.errors


async def test_what_is_registered(world: DiscordWorld) -> None:
    body = next(request.json for request in world.env.http_requests if request.path.endswith("/commands"))
    assert isinstance(body, list)
    registered = {command["name"]: command for command in body}
    in_servers = {"game", "settings", "story", "turn", "writer"}
    everywhere = {"continue", "infill", "bridge", "twist", "help", "privacy"}
    menus = {"Continue this", "Fill the blanks", "Twist the words", "Use this text"}
    assert set(registered) == in_servers | everywhere | menus
    for name, command in registered.items():
        if name in in_servers:
            assert (command["contexts"], command["integration_types"]) == ([0], [0])
        else:
            assert (sorted(command["contexts"]), sorted(command["integration_types"])) == ([0, 1, 2], [0, 1])
        assert command["default_member_permissions"] == (32 if name == "settings" else None)
        assert "zh-CN" in command["name_localizations"]
        assert _counted(command) <= 8000, f"Discord refuses {name}"
        for option in _options(command):
            assert "zh-CN" in option["name_localizations"]
            assert "zh-CN" in option["description_localizations"]
            for choice in option.get("choices", []):
                assert "zh-CN" in choice["name_localizations"]
    assert registered["continue"]["name_localizations"]["zh-CN"] == zh("command.continue.name")
    assert LANGUAGES == ("en", "zh-CN")


def _counted(part: dict[str, Any]) -> int:
    """How many characters Discord counts of a command: of each name and description the longest translation, and the
    values of choices."""
    told = [
        max(map(len, [part.get(name, ""), *(part.get(f"{name}_localizations") or {}).values()]))
        for name in ("name", "description")
    ]
    inner = [*part.get("options", []), *part.get("choices", [])]
    return sum(told) + len(str(part.get("value", ""))) + sum(map(_counted, inner))


def _options(command: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The options of a command, and of what stands under it."""
    for option in command.get("options", []):
        yield option
        yield from _options(option)
