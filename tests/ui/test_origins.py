"""Whose the words of a text are is said alike wherever it is said."""

from __future__ import annotations

import pytest

from bot.rules.provenance import ORIGINS, Origin
from bot.ui.locale import LANGUAGES, catalogue
from bot.ui.origins import credit, model_names, origin_label

en = catalogue("en")


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("human", "Ada"),
        ("edited", "Ada, with a model"),
        ("gpt", "suggested by a model"),
        ("bert", "words filled in by a model"),
    ],
)
def test_credit_names_the_person_or_the_model(origin: Origin, said: str) -> None:
    assert credit(en, origin, "Ada") == said


def test_credit_names_the_model_that_is_known() -> None:
    assert credit(en, "edited", "Ada", model_names(en)["bert"]) == "Ada, with BERT"


@pytest.mark.parametrize("language", LANGUAGES)
def test_origin_labels_differ_in_every_language(language: str) -> None:
    say = catalogue(language)
    assert len({origin_label(say, origin) for origin in ORIGINS}) == len(ORIGINS)
