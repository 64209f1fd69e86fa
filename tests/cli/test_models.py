"""`inkling models`: what is listed, tried, used, fetched and verified."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.dotenv import set_in_dotenv
from bot.errors import HostError
from bot.settings import load_settings
from tests.cli.conftest import Inkling
from tests.support import masked_models, story_models
from tests.support.hub import LoopbackHub, Refuse, Spoil
from tests.support.patience import PATIENCE_S

WEIGHTS = "model.safetensors"


@pytest.fixture
def hub(loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> LoopbackHub:
    """A hub that the settings name."""
    monkeypatch.setenv("HF_ENDPOINT", loopback.url)
    return loopback


@pytest.mark.parametrize("action", [(), ("list",)])
def test_models_are_listed_with_where_they_are(
    inkling: Inkling, action: tuple[str, ...], tiny_causal: Path, tiny_masked: Path
) -> None:
    code, out, _ = inkling("models", *action)
    assert code == 0
    reason, story, infill, masked = out.split("\n\n")
    assert str(tiny_causal) in reason
    assert [part.splitlines()[-1].strip() for part in (story, infill, masked)] == [
        str(tiny_causal),
        str(tiny_causal),
        str(tiny_masked),
    ]
    assert "licence not named" in masked


def test_models_list_is_for_programs_too(inkling: Inkling, tiny_masked: Path) -> None:
    code, out, _ = inkling("models", "list", "--json")
    assert code == 0
    listed = json.loads(out)["models"]
    assert [each["setting"] for each in listed] == ["CAUSAL_MODEL", "INFILL_MODEL", "MASKED_MODEL"]
    assert listed[2]["path"] == str(tiny_masked)
    assert listed[2]["size"] == sum(path.stat().st_size for path in tiny_masked.iterdir())


@pytest.mark.parametrize("action", ["list", "verify"])
def test_broken_model_is_told_and_the_others_still_listed(
    inkling: Inkling, action: str, tiny_causal: Path, tiny_masked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = shutil.copytree(tiny_masked, tmp_path / "broken")
    weights = broken / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-100])
    monkeypatch.setenv("MASKED_MODEL", str(broken))
    code, out, err = inkling("models", action)
    assert code == 1
    assert str(tiny_causal) in out
    assert "cut short" in out + err


def test_bundled_model_that_is_not_there_says_how_to_get_it(inkling: Inkling, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUSAL_MODEL", "bundled")
    code, out, _ = inkling("models", "list")
    assert code == 1
    assert "inkling models fetch" in out


def test_hub_model_is_fetched_listed_and_verified(
    inkling: Inkling, hub: LoopbackHub, tiny_causal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = hub.add("tiny/gpt2", tiny_causal, license="mit", language="en")
    monkeypatch.setenv("CAUSAL_MODEL", "tiny/gpt2")
    code, out, _ = inkling("models", "list")
    assert code == 1
    assert "inkling models fetch" in out
    assert inkling("models", "fetch")[0] == 0
    code, out, _ = inkling("models", "list")
    assert code == 0
    assert f"tiny/gpt2 (revision {first[:12]})" in out
    assert "licence mit, languages en" in out
    assert inkling("models", "verify")[0] == 0
    second = hub.add(
        "tiny/gpt2", {path.name: path.read_bytes() for path in tiny_causal.iterdir()} | {"vocab.txt": b"x"}
    )
    assert inkling("models", "fetch")[0] == 0
    assert second[:12] in inkling("models", "list")[1]


def test_using_a_gguf_of_a_hub_shows_what_it_writes_and_pins_it(
    inkling: Inkling, hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gguf = story_models.make_gguf("llama", tmp_path / "made", "tiny-Q4_1.gguf", steps=40)
    commit = hub.add("tiny/gguf", {gguf.name: gguf.read_bytes(), "tiny-F16.gguf": b"x"}, license="apache-2.0")
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(b"# mine\r\nKEEP_DAYS=3\r\nexport CAUSAL_MODEL=bundled  # small\r\n\r\nLOG_LEVEL=INFO")
    dotenv.chmod(0o640)
    code, out, err = inkling("models", "use", "tiny/gguf:q4_1")
    assert (code, "Traceback" in err) == (0, False)
    assert out.startswith(f"tiny/gguf@{commit}:tiny-Q4_1.gguf: ")
    assert "licence apache-2.0" in out
    assert "  1. " in out.partition("English:")[2]
    assert "Chinese" not in out
    assert "tokens a second, " in out
    assert "MB of memory at its peak" in out
    assert dotenv.read_bytes() == (
        b"# mine\r\nKEEP_DAYS=3\r\nexport CAUSAL_MODEL=tiny/gguf@"
        + f"{commit}:tiny-Q4_1.gguf".encode()
        + b"  # small\r\n\r\nLOG_LEVEL=INFO"
    )
    assert stat.S_IMODE(dotenv.stat().st_mode) == 0o640
    assert "unset it" in err  # the fixture's environment sets CAUSAL_MODEL, and wins
    monkeypatch.delenv("CAUSAL_MODEL")
    listed = inkling("models", "list")[1]
    assert f"tiny/gguf:tiny-Q4_1.gguf (revision {commit[:12]})" in listed
    assert "tokens a second on 20" in listed


@pytest.mark.long
def test_masked_model_that_knows_chinese_is_tried_in_both_languages(
    inkling: Inkling, hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = hub.add("tiny/zh", masked_models.make("chinese-bert", tmp_path / "made"))
    monkeypatch.setattr("bot.worker.weights.facts.CHINESE_PIECES", 20)
    code, out, err = inkling("models", "try", "tiny/zh", "--yes")
    assert (code, "Traceback" in err) == (0, False)
    assert "English:" in out
    assert "Chinese:" in out
    assert f"MASKED_MODEL=tiny/zh@{commit}" in out
    assert not (tmp_path / ".env").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tiny/none", "no model tiny/none"),
        ("tiny/gated", "accept its terms"),
        ("tiny/t5", "T5ForConditionalGeneration"),
        ("tiny/odd", "does not know its class"),
        ("tiny/spoilt", "digest"),
        ("./nowhere", "no such folder"),
        ("a b c", "names no model"),
    ],
)
def test_models_try_tells_in_one_sentence_what_cannot_be_tried(
    inkling: Inkling, hub: LoopbackHub, tiny_causal: Path, name: str, said: str
) -> None:
    hub.add("tiny/gated", tiny_causal)
    hub.gate("tiny/gated")
    hub.add("tiny/t5", {"config.json": b'{"architectures": ["T5ForConditionalGeneration"]}', WEIGHTS: b"x"})
    hub.add("tiny/odd", {"config.json": b'{"architectures": ["OddForCausalLM"], "model_type": "odd"}', WEIGHTS: b"x"})
    files = {path.name: path.read_bytes() for path in tiny_causal.iterdir()}
    hub.add("tiny/spoilt", files)
    if name == "tiny/spoilt":
        hub.fail("blobs/", Spoil())
    code, out, err = inkling("models", "use", name)
    assert (code, out) == (1, "")
    last = err.splitlines()[-1]
    assert last.startswith("inkling: ")
    assert said in last


def test_models_try_tells_of_too_little_memory_before_loading(
    inkling: Inkling, tiny_causal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.model_trial.free_memory", lambda: 1_000_000)
    code, _, err = inkling("models", "try", str(tiny_causal))
    assert code == 1
    assert "of memory" in err


@pytest.mark.long
def test_hub_variables_hold_and_no_token_shows(hub: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    """The shipped program: an address and a token from the environment, through a proxy."""
    hub.add("tiny/gpt2", tiny_causal)
    hub.gate("tiny/gpt2", "hf_good")
    environ = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")} | {
        "HF_ENDPOINT": "http://hub.invalid",
        "HF_TOKEN": "hf_good",
        "HTTP_PROXY": hub.url,
        "NO_PROXY": "localhost",
        "INKLING_DATA": str(tmp_path / "data"),
        "CAUSAL_MODEL": "tiny/gpt2",
        "INFILL_MODEL": str(tiny_causal),
        "MASKED_MODEL": "bundled",
        "LOG_LEVEL": "DEBUG",
    }

    def fetch(**more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bot", "models", "fetch"],
            cwd=tmp_path,
            env=environ | {"PYTHONPATH": str(Path(__file__).parents[2])} | more,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )

    offline = fetch(HF_HUB_OFFLINE="1")
    assert offline.returncode == 1
    assert "HF_HUB_OFFLINE" in offline.stderr
    assert not hub.asked
    done = fetch()
    assert done.returncode == 0, done.stderr
    assert "hf_good" not in done.stdout + done.stderr
    assert {asked.headers.get("authorization") for asked in hub.asked if not asked.cdn} == {"Bearer hf_good"}
    assert not [asked for asked in hub.asked if asked.cdn and "authorization" in asked.headers]


MADE: dict[str, Callable[[str, Path], Path]] = {
    "folder": story_models.make_folder,
    "gguf": story_models.make_gguf,
    "openvino": story_models.make_openvino,
}
EVERY = [
    *((kind, "folder") for kind in story_models.KINDS),
    *((kind, "gguf") for kind in story_models.AS_GGUF),
    *((kind, "openvino") for kind in story_models.AS_OPENVINO),
]


@pytest.mark.long
@pytest.mark.parametrize(("kind", "form"), EVERY)
def test_story_model_of_every_class_is_fetched_and_tried(
    inkling: Inkling, hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, form: str
) -> None:
    monkeypatch.setenv("ENGINE", "auto")
    hub.add("tiny/model", MADE[form](kind, tmp_path / "made"))
    hub.fail("blobs/", Refuse(status=503))
    code, out, err = inkling("models", "try", "tiny/model")
    assert code == 0, err
    written = out.partition("English:")[2]
    assert "  1. " in written  # what it fills; what such a model writes on may be worth nothing
    engine = "torch" if form == "folder" or kind not in story_models.AS_OPENVINO else "openvino"
    assert f"\n{engine}: " in written
    assert "tokens a second, " in written
    assert "CAUSAL_MODEL=tiny/model@" in out


@pytest.mark.long
@pytest.mark.parametrize("kind", ["bert", "roberta", "distilbert", "modernbert", "xlm-roberta", "chinese-bert"])
def test_masked_model_of_every_class_is_fetched_and_tried(
    inkling: Inkling, hub: LoopbackHub, tmp_path: Path, tiny_masked: Path, kind: str
) -> None:
    hub.add("tiny/model", tiny_masked if kind == "bert" else masked_models.make(kind, tmp_path / "made"))
    code, out, err = inkling("models", "try", "tiny/model")
    assert code == 0, err
    assert "MASKED_MODEL=tiny/model@" in out


def test_dotenv_keeps_everything_else(tmp_path: Path) -> None:
    dotenv = tmp_path / "there" / ".env"
    dotenv.parent.mkdir()
    link = tmp_path / "link.env"
    link.symlink_to(dotenv)
    set_in_dotenv(link, "CAUSAL_MODEL", "a/b@c")
    assert link.is_symlink()
    assert dotenv.read_bytes() == b"CAUSAL_MODEL=a/b@c\n"
    assert stat.S_IMODE(dotenv.stat().st_mode) == 0o600
    dotenv.write_bytes(b"\xef\xbb\xbfCAUSAL_MODEL=one\nX='a\nb'\nCAUSAL_MODEL = \"two # two\" # why\nKEEP_DAYS=1")
    folder = tmp_path / "it's my $model"
    folder.mkdir()
    set_in_dotenv(link, "CAUSAL_MODEL", str(folder))
    value = str(folder).replace("'", "\\'").encode()
    kept = b"\xef\xbb\xbfCAUSAL_MODEL=one\nX='a\nb'\nCAUSAL_MODEL='" + value + b"' # why\nKEEP_DAYS=1"
    assert dotenv.read_bytes() == kept
    set_in_dotenv(link, "MASKED_MODEL", "bundled")
    assert dotenv.read_bytes() == kept + b"\nMASKED_MODEL=bundled\n"
    assert load_settings({}, dotenv).causal_model.name == str(folder)
    dotenv.write_bytes(b"CAUSAL_MODEL=\xff\n")
    with pytest.raises(HostError, match="CAUSAL_MODEL=x"):
        set_in_dotenv(link, "CAUSAL_MODEL", "x")
    assert dotenv.read_bytes() == b"CAUSAL_MODEL=\xff\n"
