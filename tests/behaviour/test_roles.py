"""Who may do what, by their roles: chosen in /settings, and held to in commands, menus, buttons and forms."""

from __future__ import annotations

import pytest
import simcord
from simcord.actors import MemberActor

from bot.rules.servers import ACTIVITIES
from tests.behaviour.discord_world import STORY, DiscordWorld, buttons, en, private, refusal, texts, walk, zh
from tests.behaviour.forging import press
from tests.behaviour.storytelling import FORM, begin, prose_of
from tests.behaviour.voting import begin_story, candidates_of, open_round, round_of

BLANKS = "The fox crossed the ___ near the harbour."
ROLE = "Poets *of* the night"


class Roles:
    """A role, somebody who has it (Dora), and what keeps activities to it."""

    def __init__(self, world: DiscordWorld) -> None:
        self._world = world
        self.role = world.guild.create_role(ROLE)
        self.dora = world.guild.add_member(world.env.create_user("dora", global_name="Dora"), roles=[self.role])

    async def keep(self, *activities: str) -> None:
        """Let Ada keep activities to the role in the menus of /settings."""
        card = (await self._world.ada.slash(self._world.channel, "settings")).response
        assert card is not None
        await self._world.ada.click(card, label=en("button.roles"))
        for activity in activities:
            await self._world.ada.select(card, [self.role], custom_id=f"ink:roleset:{activity}")
            assert en("settings.saved", count=1) in texts(card)
        await self._world.ada.click(card, label=en("button.back"))
        kept = " · ".join(en(f"settings.may_{activity}") for activity in ACTIVITIES if activity in activities)
        assert en("settings.roles_some", activities=kept) in texts(card)


@pytest.fixture
def roles(world: DiscordWorld) -> Roles:
    return Roles(world)


REFUSED = en("error.role_needed", roles=r"\@Poets \*of\* the night", count=1)


async def test_commands_menus_of_messages_and_forms_are_for_those_with_the_role(
    world: DiscordWorld, roles: Roles
) -> None:
    message = await world.ben.send(world.channel, STORY)
    form = await world.ben.slash(world.channel, "twist")
    await roles.keep("twist", "bridge", "infill", "continue")
    for command, options in {"twist": {"text": STORY}, "bridge": {}, "infill": {"text": BLANKS}}.items():
        assert refusal(await world.ben.slash(world.channel, command, **options)) == REFUSED
    assert refusal(await world.ask(world.ben)) == REFUSED
    for menu in ("twist", "infill", "continue"):
        assert private(await world.ben.context_menu(world.channel, en(f"menu.{menu}"), message)) == REFUSED
    sent = private(await world.ben.submit_modal(form, {"text": STORY}))
    assert REFUSED in sent
    assert STORY in sent, "what was written is given back"
    assert await world.kept() == []
    assert (await world.ask(roles.dora, count=1)).response is not None
    assert (await world.ask(world.ada, count=1)).response is not None, "who manages the server may everything"


async def test_the_buttons_of_cards_are_as_well(world: DiscordWorld, roles: Roles) -> None:
    card = (await world.ask(world.ben, count=1)).response
    filled = (await world.ben.slash(world.channel, "infill", text=BLANKS, count=1)).response
    assert card is not None
    assert filled is not None
    form = await world.chen.click(card, label=en("button.own"))
    await roles.keep("continue", "infill")
    await world.restart()
    for label in ("go", "retry", "note", "own"):
        assert private(await world.ben.click(card, label=en(f"button.{label}"))) == REFUSED, label
    for label in ("go", "like", "stranger", "retry", "own"):
        assert private(await world.ben.click(filled, label=en(f"button.{label}"))) == REFUSED, label
    assert REFUSED in private(await world.chen.submit_modal(form, {"text": "Mine."}))
    assert en("why.title") in private(await world.ben.click(card, label=en("button.why")))
    assert await world.kept() == [1, 2]
    assert (await roles.dora.click(card, label=en("button.go"))).response is not None


async def test_only_those_with_the_role_start_stories_and_open_rounds(world: DiscordWorld, roles: Roles) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    form = await world.ben.slash(world.channel, "story new")
    thread = await begin_story(world, additions="vote")
    await roles.keep("stories", "rounds")

    assert private(await world.ben.slash(world.channel, "story new")) == REFUSED
    assert REFUSED in private(await world.ben.submit_modal(form, {**FORM, "licence": ["own"]}))
    assert private(await press(world.ben, card, "ink:sfrom:1", ["0"])) == REFUSED
    assert private(await world.ben.slash(thread, "story fork")) == REFUSED
    await begin(world, roles.dora, title="Dora's")

    assert private(await world.ben.slash(thread, "continue", count=1, length=6)) == REFUSED
    assert REFUSED in private(await write_on(world.ben, thread))
    opened = await open_round(world, thread, person=roles.dora)
    assert private(await write_on(world.ben, thread)) == en("story.proposed"), "it stands among the others"
    assert len((await candidates_of(world))[0]) > 1
    assert (await round_of(world)).opened_by == roles.dora.id
    assert opened is not None


async def write_on(person: MemberActor, thread: simcord.ChannelHandle) -> simcord.InteractionResult:
    return await person.slash(thread, "story add", text="The bell rang by itself.")


async def test_both_roles_are_needed_where_a_round_asks_the_models(world: DiscordWorld, roles: Roles) -> None:
    thread = await begin_story(world)
    await roles.keep("infill")
    before = prose_of(thread)
    assert private(await world.ben.slash(thread, "infill", passage=1)) == REFUSED
    assert refusal(await world.ben.slash(thread, "infill", text=BLANKS)) == REFUSED
    assert await open_round(world, thread) is not None
    assert prose_of(thread) == before


async def test_a_role_that_is_gone_keeps_everybody_out_until_others_are_chosen(
    world: DiscordWorld, roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    await roles.keep("continue")
    world.env.backend.delete_role(world.guild.id, roles.role.id)
    await world.env.settle()
    world.speak(monkeypatch, world.ben, "zh-CN")
    assert refusal(await world.ask(world.ben)) == zh("error.role_needed", roles=r"\@deleted-role", count=1)

    card = (await world.ada.slash(world.channel, "settings")).response
    assert card is not None
    await world.ada.click(card, label=en("button.roles"))
    everyone = next(part for part in walk(card.components) if part.get("custom_id") == "ink:roleset:continue")
    assert everyone["type"] == 6, "a menu of roles"
    await world.ada.select(card, [world.guild.default_role], custom_id="ink:roleset:continue")
    await world.ada.click(card, label=en("button.back"))
    assert en("settings.roles_none") in texts(card)
    assert en("button.roles") in buttons(card)
    assert (await world.ask(world.ben, count=1)).response is not None


async def test_the_menus_of_roles_are_for_those_who_manage_the_server(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    for custom_id in ("ink:settings", "ink:roles", "ink:roleset:continue"):
        told = private(await press(world.ben, card, custom_id, [str(world.guild.id)]))
        assert told == en("error.manage_server")
