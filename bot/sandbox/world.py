"""The prepared server: a channel, and three people who have begun to write there."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.simulation import simcord

SERVER, CHANNEL, TOPIC = "The Lantern Room", "story-table", "One text, many hands. Try /continue and /infill."
"""The server's name, its channel's, and the channel's topic."""
PEOPLE = ("Maren", "Tomás", "Yun")
"""Who can be acted as."""
OPENING = (
    "Welcome to the table. Tonight we begin with a lighthouse: press / for what Inkling can do.",
    "The lighthouse keeper had not spoken for a year. On the first day of the storm",
)
"""What the first two people have written there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The prepared server."""

    channel: simcord.ChannelHandle
    people: tuple[simcord.MemberActor, ...]


async def build_world(env: simcord.Env) -> World:
    """Make the server, its channel and the three people; the first of them manages the server."""
    keeper, *others = (env.create_user(name.lower(), global_name=name) for name in PEOPLE)
    guild = env.create_guild(SERVER, owner=keeper)
    channel = guild.create_text_channel(CHANNEL, topic=TOPIC)
    people = (simcord.MemberActor(env, guild, keeper), *(guild.add_member(user) for user in others))
    for person, text in zip(people, OPENING, strict=False):
        await person.send(channel, text)
    return World(channel=channel, people=people)
