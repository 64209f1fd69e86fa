"""What people do, as gateway events: slash commands, clicks, and where they are when they do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.wire.discord_server import DiscordServer
from tests.wire.objects import CHANNEL_ID, DM_CHANNEL_ID, GUILD_ID, PERMISSIONS, message_object, thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a client in some language; without a server the bot is theirs as a user install, or they talk
    `with_bot` alone."""

    id: int
    name: str
    locale: str = "en-US"
    in_server: bool = True
    with_bot: bool = False

    def user(self) -> dict[str, Any]:
        """The user object."""
        return {
            "id": str(self.id),
            "username": self.name,
            "discriminator": "0",
            "global_name": self.name.title(),
            "avatar": None,
        }

    async def slash(
        self,
        server: DiscordServer,
        command: str,
        *under: str,
        channel_id: int = CHANNEL_ID,
        **options: str | int | bool,
    ) -> str:
        """Use a slash command, with the names of subcommands behind it; returns the interaction's token."""
        kinds = {str: 3, int: 4, bool: 5}
        given: list[Any] = [
            {"name": name, "type": kinds[type(value)], "value": value} for name, value in options.items()
        ]
        for depth, name in enumerate(reversed(under)):
            given = [{"name": name, "type": 2 if depth else 1, "options": given}]
        data = {"id": "700000000000000001", "name": command, "type": 1, "options": given}
        return await server.interact({"type": 2, "data": data} | self._where(channel_id))

    async def menu(self, server: DiscordServer, name: str, text: str) -> str:
        """Use an entry of the context menu of a message with that text, written by the person; returns the token."""
        number = server.new_id()
        resolved = {"messages": {str(number): message_object(number, CHANNEL_ID, self.user(), text)}}
        data = {"id": "700000000000000001", "name": name, "type": 3, "target_id": str(number), "resolved": resolved}
        return await server.interact({"type": 2, "data": data} | self._where())

    async def begin_to_type(
        self, server: DiscordServer, command: str, *under: str, channel_id: int = CHANNEL_ID, **begun: str
    ) -> str:
        """Type the beginning of an option whose choices the bot offers; returns the interaction's token."""
        given: list[Any] = [{"name": name, "type": 3, "value": value, "focused": True} for name, value in begun.items()]
        for depth, name in enumerate(reversed(under)):
            given = [{"name": name, "type": 2 if depth else 1, "options": given}]
        data = {"id": "700000000000000001", "name": command, "type": 1, "options": given}
        return await server.interact({"type": 4, "data": data} | self._where(channel_id))

    async def click(self, server: DiscordServer, message: dict[str, Any], custom_id: str) -> str:
        """Press the button with `custom_id` under `message`; returns the interaction's token."""
        return await self._use(server, message, {"custom_id": custom_id, "component_type": 2})

    async def select(self, server: DiscordServer, message: dict[str, Any], custom_id: str, *values: str) -> str:
        """Choose in the menu with `custom_id` of `message`; returns the interaction's token."""
        return await self._use(server, message, {"custom_id": custom_id, "component_type": 3, "values": list(values)})

    async def submit(
        self, server: DiscordServer, custom_id: str, channel_id: int = CHANNEL_ID, **values: str | list[str]
    ) -> str:
        """Send in the form with `custom_id`: a text for each box, a list of values for each menu."""
        boxes = [
            {"type": 4, "custom_id": name, "value": value}
            if isinstance(value, str)
            else {"type": 3, "custom_id": name, "values": value}
            for name, value in values.items()
        ]
        data = {"custom_id": custom_id, "components": [{"type": 18, "component": box} for box in boxes]}
        return await server.interact({"type": 5, "data": data} | self._where(channel_id))

    async def _use(self, server: DiscordServer, message: dict[str, Any], data: dict[str, Any]) -> str:
        return await server.interact(
            {"type": 3, "data": data, "message": message} | self._where(int(message["channel_id"]))
        )

    def _where(self, channel_id: int = CHANNEL_ID) -> dict[str, Any]:
        if self.in_server:
            member = {
                "user": self.user(),
                "roles": [],
                "joined_at": "2026-01-01T00:00:00+00:00",
                "permissions": PERMISSIONS,
                "deaf": False,
                "mute": False,
                "flags": 0,
            }
            channel: dict[str, Any] = {"id": str(channel_id), "type": 0, "name": "stories"}
            if channel_id != CHANNEL_ID:
                channel |= thread(channel_id, CHANNEL_ID, "a story")
            channel["permissions"] = PERMISSIONS
            return {
                "guild_id": str(GUILD_ID),
                "guild": {"id": str(GUILD_ID), "locale": "en-US", "features": []},
                "guild_locale": "en-US",
                "channel_id": str(channel_id),
                "channel": channel,
                "member": member,
                "locale": self.locale,
                "context": 0,
                "authorizing_integration_owners": {"0": str(GUILD_ID)},
            }
        return {
            "channel_id": str(DM_CHANNEL_ID),
            "channel": {"id": str(DM_CHANNEL_ID), "type": 1, "recipients": [self.user()]},
            "user": self.user(),
            "locale": self.locale,
            "context": 1 if self.with_bot else 2,
            "authorizing_integration_owners": {"1": str(self.id)},
        }


def buttons(message: dict[str, Any], kind: int = 2) -> list[dict[str, Any]]:
    """Every button (or component of another `kind`) of a message, in reading order."""
    found: list[dict[str, Any]] = []

    def walk(components: list[dict[str, Any]]) -> None:
        for component in components:
            if component["type"] == kind:
                found.append(component)
            walk(component.get("components") or [])
            if component.get("accessory"):
                walk([component["accessory"]])

    walk(message["components"])
    return found


def words(message: dict[str, Any]) -> str:
    """All the text that a message shows."""
    found: list[str] = [message.get("content") or ""]

    def walk(components: list[dict[str, Any]]) -> None:
        for component in components:
            found.append(component.get("content") or "")
            walk(component.get("components") or [])

    walk(message["components"])
    return "\n".join(part for part in found if part)
