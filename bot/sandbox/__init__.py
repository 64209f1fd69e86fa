"""The whole bot in a local browser page, without a Discord account.

It is SimCord's preview: an imitation of Discord in this process, to which the real bot is attached. SimCord is made
for tests, where one person does one thing at a time in one channel and waits for its end. What is added here lets
people live in it:

- a wait for the models is declared as one on the outside (`page.ExternalWait`), so that a command counts as answered
  while its progress is shown, and Cancel can be pressed;
- the page is published anew whenever the bot has changed something (`LivePage.follow`), so that progress shows;
- whoever clicks while the page was just published again is not turned away (`LivePage._action`);
- the clock of the imitation goes as fast as ours (`LivePage.follow`), so that what is timed happens;
- every channel and thread has an address of its own, and the page lists them (`routes`, `channels`);
- messages have the menus that Discord gives them (`menus`).

Everything that outlives a command (worker, dispatcher, database) is started outside of SimCord's reach, in `run`.

    opening.py     open everything, and close it again: `run`
    world.py       the prepared server and its people
    page.py        SimCord's preview, made to live
    channels.py    which channels and threads a person sees, and starting a thread
    controls.py    buttons and menus by what they are
    menus.py       the menus of messages
    routes.py      the page's HTTP: an address for each channel; static/ is what the page has beside SimCord's own
    terminal.py    what is said and typed at the terminal
    simulation.py  SimCord, imported quietly
"""

from bot.sandbox.opening import run

__all__ = ["run"]
