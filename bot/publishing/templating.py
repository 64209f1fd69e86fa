"""The templates of HTML and EPUB. Everything that is put into one is escaped; a name that is not given is an error."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.publishing.wording import label, share
from bot.ui.locale import Catalogue
from bot.ui.origins import origin_label


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.publishing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, say: Catalogue, **values: Any) -> str:
    """Return the file of templates/ filled with `values`. Templates ask for captions with `label("who")`, for the
    name of an origin with `origin("gpt")` and for a share with `share(words, total)`."""
    return (
        _environment()
        .get_template(template)
        .render(
            label=lambda name: label(say, name),
            origin=lambda name: origin_label(say, name),
            share=share,
            **values,
        )
    )


def source(name: str) -> str:
    """Return a file of templates/ as it is."""
    loader = _environment().loader
    assert loader is not None
    return loader.get_source(_environment(), name)[0]
