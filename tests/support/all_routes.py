"""Every route that there is, as the modules define them."""

from __future__ import annotations

import importlib
import pkgutil

import cogs
from bot.ui import custom_ids
from bot.ui.custom_ids import Route


def all_routes() -> list[Route]:
    """Return the routes of the kit and of all cogs, each once, in the order of their keys."""
    names = [module.name for module in pkgutil.walk_packages(cogs.__path__, "cogs.")]
    modules = [custom_ids, *map(importlib.import_module, names)]
    found = {each for module in modules for each in vars(module).values() if isinstance(each, Route)}
    return sorted(found, key=lambda route: route.key)
