"""The shipped program on a gateway that fails it: foreign answers at login, malformed events, a gap, the end."""

from __future__ import annotations

from pathlib import Path

from tests.wire.discord_server import TOKEN, running_discord
from tests.wire.faults import Fault, html
from tests.wire.people import Person
from tests.wire.program import environment, running_program

ADA = Person(id=600_000_000_000_000_001, name="ada")


async def test_a_bad_day_of_discords(tiny_causal: Path, tiny_masked: Path, tmp_path: Path) -> None:
    async with running_discord() as server:
        env = environment(server, tmp_path / "data", tiny_causal, tiny_masked)
        login = server.trouble.add(Fault("GET", "/users/@me", html(403)))
        refused = server.trouble.add(Fault("GET", "/gateway*", html(503)))
        async with running_program(env, "run", folder=tmp_path) as program:
            await server.wait_for(lambda: server.identifies or program.process.returncode is not None)
            assert (server.trouble.strikes(login), server.trouble.strikes(refused)) == (1, 1)

            for event in ("GUILD_CREATE", "INTERACTION_CREATE", "MESSAGE_CREATE", "NEVER_HEARD_OF"):
                await server.dispatch(event, {"id": "Marta"})
            token = await ADA.slash(server, "help")
            await server.wait_for(lambda: server.answer(token))
            assert (len(server.identifies), len(server.resumes)) == (1, 0)

            await server.hang_up(4000)
            token = await ADA.slash(server, "help")
            await server.wait_for(lambda: server.answer(token))
            assert (len(server.identifies), len(server.resumes)) == (1, 1)

            server.closes_with = 4014
            await server.say(9, False)
            await program.process.wait()
    assert program.process.returncode == 1
    assert program.text.splitlines()[-1].startswith("inkling: Discord does not let this application have the events")
    assert sum("trying again in" in line for line in program.text.splitlines()) == 2
    for never in ("Traceback", "This should not have happened", "Marta", TOKEN):
        assert never not in program.text
