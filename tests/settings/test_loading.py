"""Reading the settings: defaults, precedence, every mistake at once, and no secret in any of it."""

from __future__ import annotations

import dataclasses
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.inference.model_server import server_of
from bot.settings import VARIABLES, ModelChoice, Settings, load_settings, look_alikes

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gh1JkL.secret-part_of-it-0123456789"


def mistakes(**environ: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, None)
    return caught.value.mistakes


def test_settings_defaults() -> None:
    assert load_settings({}, None) == Settings()


def test_model_server_needs_an_address_and_takes_any_name() -> None:
    assert "OPENAI_BASE_URL is empty" in mistakes(ENGINE="openai")[0]
    served = {"ENGINE": "openai", "OPENAI_BASE_URL": "http://models.lan:8000", "CAUSAL_MODEL": "/models/a b:7b@x"}
    server = server_of(load_settings(served, None))
    assert server is not None
    assert (server.base, server.model, server.told_host) == (
        "http://models.lan:8000/v1",
        "/models/a b:7b@x",
        "models.lan:8000",
    )
    nameless = server_of(
        load_settings({**served, "CAUSAL_MODEL": "", "OPENAI_BASE_URL": "http://localhost:1/api"}, None)
    )
    assert nameless is not None
    assert (nameless.base, nameless.model, nameless.told_host) == ("http://localhost:1/api", "", "")


def test_variables_are_one_for_every_field() -> None:
    assert sorted(variable.field for variable in VARIABLES) == sorted(
        field.name for field in dataclasses.fields(Settings)
    )


def test_settings_read_all_values(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_API_BASE": "http://127.0.0.1:8080/api/v10/",
            "DISCORD_GATEWAY_URL": "ws://127.0.0.1:8081",
            "INKLING_DATA": str(tmp_path),
            "ENGINE": "Torch",
            "INFERENCE_URL": "http://models.lan:9000",
            "INFERENCE_TOKEN": "shared",
            "CAUSAL_MODEL": "Qwen/Qwen3-0.6B@abc123",
            "INFILL_MODEL": "gpt2",
            "MASKED_MODEL": str(tmp_path),
            "HF_ENDPOINT": "https://hub.lan/",
            "HF_TOKEN": "hf_abc",
            "DEVICE": "CUDA:1",
            "DTYPE": "bfloat16",
            "QUEUE_WAITING": "5",
            "QUEUE_PER_PERSON": "1",
            "QUEUE_PER_SERVER": "4",
            "QUEUE_ROWS": "64",
            "KEEP_DAYS": "7",
            "OWNER_IDS": "123456789012345678, 223456789012345678",
            "LOG_LEVEL": "debug",
            "LOG_FORMAT": "json",
        },
        None,
    )
    assert settings == Settings(
        discord_token=TOKEN,
        discord_api_base="http://127.0.0.1:8080/api/v10",
        discord_gateway_url="ws://127.0.0.1:8081",
        data=tmp_path,
        engine="torch",
        inference_url="http://models.lan:9000",
        inference_token="shared",
        causal_model=ModelChoice(name="Qwen/Qwen3-0.6B", revision="abc123"),
        infill_model=ModelChoice(name="gpt2"),
        masked_model=ModelChoice(name=str(tmp_path)),
        hub_endpoint="https://hub.lan",
        hub_token="hf_abc",
        device="cuda:1",
        dtype="bfloat16",
        queue_waiting=5,
        queue_per_person=1,
        queue_per_server=4,
        queue_rows=64,
        keep_days=7,
        owner_ids=frozenset({123456789012345678, 223456789012345678}),
        log_level="DEBUG",
        log_format="json",
    )


def test_settings_prefer_the_environment_to_the_file_even_when_empty(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f'DISCORD_TOKEN={TOKEN}\nKEEP_DAYS=7\nexport ENGINE="torch"  # a comment\n')
    assert load_settings({}, dotenv).discord_token == TOKEN
    assert load_settings({}, dotenv).engine == "torch"
    assert load_settings({"KEEP_DAYS": "9"}, dotenv).keep_days == 9
    assert load_settings({"DISCORD_TOKEN": ""}, dotenv).discord_token is None


def test_mistakes_come_all_together_with_name_value_and_what_is_allowed() -> None:
    found = mistakes(ENGINE="tensorrt", QUEUE_ROWS="-3", OWNER_IDS="me", DISCORD_GATEWAY_URL="http://x", KEEP_DAYS="30")
    assert [mistake.split()[0] for mistake in found] == ["DISCORD_GATEWAY_URL", "ENGINE", "QUEUE_ROWS", "OWNER_IDS"]
    assert "'tensorrt'" in found[1]
    assert "auto, openvino, torch" in found[1]
    assert "'-3'" in found[2]
    assert "from 1 to 4096" in found[2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DISCORD_TOKEN", f"Bot {TOKEN}"),
        ("DISCORD_TOKEN", f"{TOKEN}\x00"),
        ("DISCORD_TOKEN", TOKEN.rpartition(".")[0]),
        ("DISCORD_TOKEN", f"{TOKEN[:40]}…"),
        ("DISCORD_TOKEN", "123456789012345678"),
        ("DISCORD_TOKEN", "0f" * 32),
        ("DISCORD_TOKEN", "Zx_3-" * 6 + "ab"),
        ("INFERENCE_TOKEN", "two words"),
        ("DISCORD_API_BASE", "discord.com/api"),
        ("DISCORD_API_BASE", "https://"),
        ("DISCORD_API_BASE", "https://example.org:notaport/api"),
        ("DISCORD_GATEWAY_URL", "https://gateway.discord.gg"),
        ("INFERENCE_URL", "unix://"),
        ("INFERENCE_URL", "ftp://models.lan"),
        ("INKLING_DATA", __file__),
        ("INKLING_DATA", "long" * 2000),
        ("INKLING_DATA", "~nobody-of-that-name/data"),
        ("CAUSAL_MODEL", "./no-such-folder"),
        ("CAUSAL_MODEL", "three/part/name"),
        ("CAUSAL_MODEL", "no-such-file.gguf"),
        ("CAUSAL_MODEL", "org/repo:"),
        ("CAUSAL_MODEL", "org/repo:../out.gguf"),
        ("CAUSAL_MODEL", "org/repo@a:x.gguf@b"),
        ("MASKED_MODEL", "bert-base-uncased@"),
        ("MASKED_MODEL", "bert base"),
        ("DEVICE", "gpu"),
        ("DTYPE", "int3"),
        ("QUEUE_WAITING", "0"),
        ("QUEUE_WAITING", "1e3"),
        ("QUEUE_PER_PERSON", "many"),
        ("QUEUE_PER_SERVER", "1.5"),
        ("QUEUE_ROWS", "9" * 5000),
        ("KEEP_DAYS", "٣"),
        ("OWNER_IDS", "12"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_mistake_names_its_variable(name: str, value: str) -> None:
    (mistake,) = mistakes(**{name: value})
    assert mistake.startswith(f"{name} holds ")
    assert re.fullmatch(r"[A-Z_]+ holds .*?[^.]\. Write [^.].*\.", mistake), (
        "two sentences: what is wrong, what to write"
    )
    assert "allowed" not in mistake


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("123456789012345678", "the application's id"),
        ("0f" * 32, "the application's public key"),
        ("Zx_3-" * 6 + "ab", "the client secret"),
        ("https://discord.com/api/webhooks/1/x", "the token of a webhook"),
        (TOKEN[:30], "no bot's token looks like this"),
    ],
)
def test_token_that_is_something_else_is_named_and_never_repeated(value: str, told: str) -> None:
    (mistake,) = mistakes(DISCORD_TOKEN=value)
    assert told in mistake
    assert "Reset Token" in mistake
    assert value not in mistake


def test_secrets_are_never_repeated() -> None:
    found = mistakes(
        DISCORD_TOKEN=f"Bot {TOKEN}", INFERENCE_TOKEN="pass word", DISCORD_API_BASE="https://me:hunter2@example.org"
    )
    assert len(found) == 3
    assert not re.search(rf"{TOKEN}|pass word|hunter2", "\n".join(found))
    settings = load_settings({"DISCORD_TOKEN": TOKEN, "INFERENCE_TOKEN": "sesame", "HF_TOKEN": "hf_abc"}, None)
    assert settings.secrets == (TOKEN, "sesame", "hf_abc")
    assert TOKEN not in f"{settings!r} {settings}"
    assert not re.search("sesame|hf_abc", f"{settings!r} {settings.hub!r}")


def test_worker_over_http_needs_a_token_and_one_on_a_socket_does_not() -> None:
    (mistake,) = mistakes(INFERENCE_URL="http://models.lan:9000")
    assert mistake.startswith("INFERENCE_TOKEN ")
    assert load_settings({"INFERENCE_URL": "unix:///run/inkling.sock"}, None).inference_token is None


def test_settings_model_folder_may_look_like_a_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gpt2@home").mkdir()
    assert load_settings({"CAUSAL_MODEL": "gpt2@home"}, None).causal_model == ModelChoice(name="gpt2@home")
    assert load_settings({"CAUSAL_MODEL": "gpt2@main"}, None).causal_model == ModelChoice(name="gpt2", revision="main")
    assert str(ModelChoice(name="gpt2", revision="main")) == "gpt2@main"


@pytest.mark.parametrize(
    ("text", "revision", "file"),
    [
        ("org/repo", None, None),
        ("org/repo@refs/pr/1", "refs/pr/1", None),
        ("org/repo:a.Q4_K_M.gguf", None, "a.Q4_K_M.gguf"),
        ("org/repo:sub folder/a.gguf@main", "main", "sub folder/a.gguf"),
        ("org/repo@v1.0:Q4_K_M", "v1.0", "Q4_K_M"),
    ],
)
def test_hub_id_may_have_a_revision_and_a_file(text: str, revision: str | None, file: str | None) -> None:
    choice = load_settings({"CAUSAL_MODEL": text}, None).causal_model
    assert choice == ModelChoice(name="org/repo", revision=revision, file=file)
    assert load_settings({"CAUSAL_MODEL": str(choice)}, None).causal_model == choice


def test_dotenv_that_cannot_be_read_is_a_mistake_among_the_others(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    for content, told in {
        "ENGINE=torch".encode("utf-16"): "it is in UTF-16",
        "ENGINE=torch".encode("utf-16-be"): "it is in UTF-16",
        "ENGINE=torch".encode("utf-32"): "it is in UTF-32",
        "ENGINE=torch # é".encode("latin-1"): "it is not in UTF-8",
    }.items():
        dotenv.write_bytes(content)
        with pytest.raises(SettingsError, match=f"{told}. Save it as text in UTF-8") as caught:
            load_settings({"ENGINE": "no"}, dotenv)
        assert len(caught.value.mistakes) == 2
    dotenv.write_bytes("ENGINE=torch\r\n".encode("utf-8-sig"))
    assert load_settings({}, dotenv).engine == "torch"
    dotenv.write_text(f"KEEP_DAYS=3\nDISCORD_TOKEN='{TOKEN}\n")
    with pytest.raises(SettingsError, match=r"line 2, cannot be read\. Write NAME=value") as caught:
        load_settings({}, dotenv)
    assert TOKEN not in str(caught.value)


def test_look_alikes_are_told(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("DISCORD_TOKN=x\nFAVOURITE=tea\n")
    warnings = look_alikes({"QUEUE_WAITNG": "3", "PATH": "/bin", "KEEP_DAYS": "3"}, dotenv)
    assert [warning.split()[0] for warning in warnings] == ["DISCORD_TOKN", "FAVOURITE", "QUEUE_WAITNG"]
    assert "is DISCORD_TOKEN meant?" in warnings[0]
    assert "is QUEUE_WAITING meant?" in warnings[2]


@given(st.dictionaries(st.sampled_from([variable.name for variable in VARIABLES]), st.text(max_size=40)))
def test_settings_or_a_readable_error_come_of_any_text(environ: dict[str, str]) -> None:
    told: tuple[str, ...] = ()
    try:
        settings = load_settings(environ, None)
    except SettingsError as error:
        told = error.mistakes
    else:
        assert pickle.loads(pickle.dumps(settings)) == settings
    assert all(re.match(r"[A-Z_]+ (holds|is empty)", mistake) for mistake in told)
    assert not any("\n" in mistake for mistake in told)


def test_example_dotenv_explains_every_setting_and_sets_none() -> None:
    example = Path(__file__).parents[2] / ".env.example"
    names = re.findall(r"^([A-Z_]+)=(.*)$", example.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(name for name, _ in names) == sorted(variable.name for variable in VARIABLES)
    assert {value for _, value in names} == {""}
    assert load_settings({}, example) == Settings()
    blocks = example.read_text(encoding="utf-8").split("\n\n")
    assert all("# " in block for block in blocks)
    text = example.read_text(encoding="utf-8")
    defaults = Settings()
    told = (defaults.keep_days, defaults.queue_waiting, defaults.queue_per_server, defaults.queue_per_person)
    assert all(re.search(rf"\b{number}\b", text) for number in (*told, defaults.queue_rows))
