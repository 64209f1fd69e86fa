"""Whose the words of a text are, said alike on cards, in exports, and on the map of a story."""

from __future__ import annotations

from bot.rules.provenance import Origin
from bot.ui.locale import Catalogue


def origin_label(say: Catalogue, origin: Origin) -> str:
    """Return what an origin is called: "by a person, with a model"."""
    return say(f"origin.label.{origin}")


def model_names(say: Catalogue) -> dict[Origin, str]:
    """Return what the models are called, by the origin of their words."""
    return {"gpt": say("origin.model.gpt"), "bert": say("origin.model.bert")}


def credit(say: Catalogue, origin: Origin, name: str, model: str | None = None) -> str:
    """Return who a text is by: `name` is whose it is, `model` what wrote in it (None: "a model")."""
    model = say("origin.model.any") if model is None else model
    match origin:
        case "human":
            return name
        case "edited":
            return say("origin.with_model", name=name, model=model)
        case "gpt":
            return say("origin.suggested", model=model)
        case "bert":
            return say("origin.filled", model=model)
