"""Models from a hub: what comes, in which ways it can fail, and that each failure is one sentence."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bot.errors import WeightsError
from bot.inference.protocol import ModelRole
from bot.settings import HubAccess, ModelChoice, parse_model
from bot.worker.weights.fetching import Fetcher, fetched
from bot.worker.weights.files import silent
from bot.worker.weights.model import ResolvedModel
from bot.worker.weights.resolving import resolve
from bot.worker.weights.snapshots import Shelf, find
from bot.worker.weights.verifying import verify
from tests.support.hub import Cut, LoopbackHub, Refuse, Spoil
from tests.support.story_models import make_gguf

WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF file that has learnt nothing."""
    return make_gguf("llama", tmp_path_factory.mktemp("gguf"), steps=0)


def bring(
    loopback: LoopbackHub, data: Path, name: str = "tiny/gpt2", role: ModelRole = "causal", token: str | None = None
) -> ResolvedModel:
    access = HubAccess(endpoint=loopback.url, token=token)
    return fetched(parse_model(name), role, data, access, silent)


def refusal(
    loopback: LoopbackHub, data: Path, name: str = "tiny/gpt2", role: ModelRole = "causal", token: str | None = None
) -> str:
    with pytest.raises(WeightsError) as raised:
        bring(loopback, data, name, role, token)
    said = str(raised.value)
    assert "\n" not in said
    assert said.endswith((".", ")."))
    assert "hf_" not in said.replace("HF_", "")
    return said


def sent(loopback: LoopbackHub, part: str) -> list[str]:
    """The ranges that were asked for of a file, where it is sent from."""
    return [asked.headers.get("range", "all") for asked in loopback.asked if asked.cdn and part in asked.path]


def test_hub_model_comes_whole_is_found_again_offline_and_keeps_what_its_card_says(
    loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path
) -> None:
    commit = loopback.add("tiny/gpt2", tiny_causal, license="apache-2.0", language=["en", "zh"])
    model = bring(loopback, tmp_path)
    assert (model.name, model.revision, model.gguf) == ("tiny/gpt2", commit, None)
    assert (model.folder / WEIGHTS).read_bytes() == (tiny_causal / WEIGHTS).read_bytes()
    listing = Shelf(tmp_path, ModelChoice(name="tiny/gpt2")).listing(commit)
    assert listing is not None
    assert (listing.license, listing.languages) == ("apache-2.0", ("en", "zh"))
    asked = len(loopback.asked)
    for name in ("tiny/gpt2", f"tiny/gpt2@{commit}", "tiny/gpt2@main"):
        assert bring(loopback, tmp_path, name).folder == model.folder
    assert resolve(parse_model("tiny/gpt2"), "causal", tmp_path).folder == model.folder
    assert len(loopback.asked) == asked
    state = verify(parse_model("tiny/gpt2"), "causal", tmp_path, silent)
    assert state.problem is None


def test_hub_finds_a_damaged_file_by_its_digest(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    loopback.add("tiny/gpt2", tiny_causal)
    path = (bring(loopback, tmp_path).folder / WEIGHTS).resolve()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    state = verify(parse_model("tiny/gpt2"), "causal", tmp_path, silent)
    assert "digest" in str(state.problem)


def test_hub_fetches_only_what_the_model_needs(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in tiny_causal.iterdir()}
    beside = {
        "README.md": b"x",
        "pytorch_model.bin": b"x" * 99,
        "onnx/model.onnx": b"x",
        "model.fp16.safetensors": b"x",
    }
    loopback.add("tiny/gpt2", files | beside)
    model = bring(loopback, tmp_path)
    assert {path.name for path in model.folder.rglob("*")} <= set(files)


def test_gguf_file_is_found_by_its_name_or_its_end(loopback: LoopbackHub, gguf: Path, tmp_path: Path) -> None:
    files = {f"tiny-{kind}.gguf": gguf.read_bytes() for kind in ("Q4_K_M", "Q8_0", "IQ4_XS")}
    loopback.add("tiny/all", files | {"tiny-F16-00001-of-00002.gguf": b"x"})
    loopback.add("tiny/one", {"sub/tiny.gguf": gguf.read_bytes()})
    for name in ("tiny/all:tiny-Q4_K_M.gguf", "tiny/all:q4_k_m", "tiny/all:tiny-Q4_K_M.gguf@main"):
        model = bring(loopback, tmp_path, name)
        assert model.gguf is not None
        assert model.gguf.name == "tiny-Q4_K_M.gguf"
    assert sorted(path.name for path in model.folder.iterdir()) == ["tiny-Q4_K_M.gguf"]
    assert str(bring(loopback, tmp_path, "tiny/one").gguf).endswith("sub/tiny.gguf")
    assert "tiny/all:tiny-Q8_0.gguf" in refusal(loopback, tmp_path, "tiny/all")
    assert "no such file" in refusal(loopback, tmp_path, "tiny/all:Q2_K")
    assert "one of several parts" in refusal(loopback, tmp_path, "tiny/all:tiny-F16-00001-of-00002.gguf")
    assert "MASKED_MODEL" in refusal(loopback, tmp_path, "tiny/all:Q8_0", "masked")
    loopback.add("tiny/none", {"config.json": b"{}", "x.safetensors": b"x"})
    assert "no GGUF files" in refusal(loopback, tmp_path, "tiny/none:Q8_0")
    assert "only a GGUF file" in refusal(loopback, tmp_path, "tiny/none:x.safetensors")


def test_hub_follows_a_branch_that_moves_only_when_asked(
    loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path
) -> None:
    first = loopback.add("tiny/gpt2", tiny_causal)
    assert bring(loopback, tmp_path).revision == first
    files = {path.name: path.read_bytes() for path in tiny_causal.iterdir()}
    second = loopback.add("tiny/gpt2", files | {"generation_config.json": b"{} "})
    assert bring(loopback, tmp_path).revision == first
    choice = parse_model("tiny/gpt2")
    fetcher = Fetcher(HubAccess(endpoint=loopback.url), tmp_path, silent)
    offer = fetcher.offer(choice)
    assert offer.missing == len(b"{} ")  # the weights are the same blob
    assert fetcher.accept(offer).revision == second
    assert bring(loopback, tmp_path).revision == second
    assert bring(loopback, tmp_path, f"tiny/gpt2@{first}").revision == first
    assert len(sent(loopback, WEIGHTS)) == 1


def test_connection_that_is_cut_goes_on_where_it_was(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    loopback.add("tiny/gpt2", tiny_causal)
    loopback.fail("/tree/", Cut(after=10))
    loopback.fail("blobs/", Cut(after=1000), Cut(after=0), Cut(after=500))
    bring(loopback, tmp_path)
    assert sent(loopback, WEIGHTS) == ["all", "bytes=1000-", "bytes=1000-", "bytes=1500-"]


def test_hub_resumes_an_earlier_download(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    loopback.add("tiny/gpt2", tiny_causal)
    loopback.fail("blobs/", Cut(after=1000), *[Cut(after=0)] * 5)
    assert "What has come is kept" in refusal(loopback, tmp_path)
    bring(loopback, tmp_path)
    assert sent(loopback, WEIGHTS)[-1] == "bytes=1000-"


def test_hub_does_not_use_other_content(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    loopback.add("tiny/gpt2", tiny_causal)
    loopback.fail("blobs/", Spoil())
    assert "digest" in refusal(loopback, tmp_path)
    bring(loopback, tmp_path)
    assert sent(loopback, WEIGHTS) == ["all", "all"]


def test_hub_fetches_a_part_of_another_file_anew(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    loopback.add("tiny/gpt2", tiny_causal)
    digest = hashlib.sha256((tiny_causal / WEIGHTS).read_bytes()).hexdigest()
    blobs = Shelf(tmp_path, ModelChoice(name="tiny/gpt2")).root / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{digest}.partial").write_bytes(b"wrong")
    bring(loopback, tmp_path)
    assert sent(loopback, WEIGHTS) == ["bytes=5-", "all"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_hub_waits_for_errors_that_pass(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path, status: int) -> None:
    loopback.add("tiny/gpt2", tiny_causal)
    for part in ("/api/models/tiny/gpt2", "/tree/", "config.json", "blobs/"):
        loopback.fail(part, Refuse(status=status, headers={"Retry-After": "0"}))
    bring(loopback, tmp_path)


def test_hub_that_allows_no_more_says_for_how_long(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    loopback.add("tiny/gpt2", tiny_causal)
    loopback.fail("/api/", Refuse(status=429, headers={"Retry-After": "1800"}))
    said = refusal(loopback, tmp_path)
    assert "1800 s" in said
    assert "HF_TOKEN" in said
    loopback.fail("/api/", Refuse(status=429, headers={"RateLimit": '"api";r=0;t=290'}))
    assert "290 s" in refusal(loopback, tmp_path, token="hf_good")
    loopback.fail("/api/", *[Refuse(status=503)] * 5)
    assert "503" in refusal(loopback, tmp_path)
    loopback.fail("/api/", Refuse(status=451))
    assert "451" in refusal(loopback, tmp_path)


def test_hub_tells_what_to_do_about_a_model_that_is_not_open(
    loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path
) -> None:
    loopback.add("tiny/gated", tiny_causal)
    loopback.gate("tiny/gated", "hf_good")
    anonymous = refusal(loopback, tmp_path, "tiny/gated")
    assert f"{loopback.url}/tiny/gated" in anonymous
    assert f"{loopback.url}/settings/tokens" in anonymous
    assert "accept its terms" in refusal(loopback, tmp_path, "tiny/gated", token="hf_stranger")
    assert "does not know the token" in refusal(loopback, tmp_path, "tiny/gated", token="hf_wrong")
    bring(loopback, tmp_path, "tiny/gated", token="hf_good")
    assert not [asked for asked in loopback.asked if asked.cdn and "authorization" in asked.headers]


def test_hub_names_what_is_not_there(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    loopback.add("tiny/gpt2", tiny_causal)
    assert "private one needs HF_TOKEN" in refusal(loopback, tmp_path, "tiny/none")
    assert "may not see it" in refusal(loopback, tmp_path, "tiny/none", token="hf_good")
    assert "no revision v9" in refusal(loopback, tmp_path, "tiny/gpt2@v9")
    loopback.rename("gpt2", "tiny/gpt2")
    assert bring(loopback, tmp_path, "gpt2").name == "gpt2"


@pytest.mark.parametrize(
    ("files", "role", "said"),
    [
        ({"README.md": b""}, "causal", "no weights"),
        ({"adapter_config.json": b"{}", "adapter_model.safetensors": b"x"}, "causal", "adapter"),
        ({"openvino_model.xml": b"<net/>", "config.json": b"{}"}, "masked", "safetensors"),
        ({"model.onnx": b"", "config.json": b"{}"}, "masked", "no weights"),
        ({WEIGHTS: b"x", "config.json": b"[]"}, "causal", "config.json"),
        ({WEIGHTS: b"x", "config.json": b'{"architectures": ["T5ForConditionalGeneration"]}'}, "causal", "T5"),
        ({WEIGHTS: b"x", "config.json": b'{"architectures": ["BertForMaskedLM"]}'}, "causal", "BertForMaskedLM"),
        (
            {
                WEIGHTS: b"x",
                "config.json": json.dumps(
                    {"architectures": ["LlamaForCausalLM"], "quantization_config": {"quant_method": "awq"}}
                ).encode(),
            },
            "causal",
            "awq",
        ),
    ],
)
def test_hub_model_that_cannot_serve_is_refused_before_its_weights_come(
    loopback: LoopbackHub, tmp_path: Path, files: dict[str, bytes], role: ModelRole, said: str
) -> None:
    loopback.add("tiny/wrong", files)
    assert said in refusal(loopback, tmp_path, "tiny/wrong", role)
    assert not sent(loopback, "")


def test_model_role_is_seen_and_a_class_that_needs_its_own_code_refused(
    loopback: LoopbackHub, tiny_causal: Path, tiny_masked: Path, gguf: Path, tmp_path: Path
) -> None:
    loopback.add("tiny/gpt2", tiny_causal)
    loopback.add("tiny/bert", tiny_masked)
    loopback.add("tiny/gguf", gguf)
    strange = {"architectures": ["OddForCausalLM"], "model_type": "odd", "auto_map": {"AutoModel": "odd.Odd"}}
    loopback.add("tiny/odd", {"config.json": json.dumps(strange).encode(), WEIGHTS: b"x"})
    loopback.add("tiny/clip", {"config.json": b'{"architectures": ["CLIPModel"]}', WEIGHTS: b"x"})
    fetcher = Fetcher(HubAccess(endpoint=loopback.url), tmp_path, silent)
    roles = {name: fetcher.offer(parse_model(f"tiny/{name}")).role for name in ("gpt2", "bert", "gguf")}
    assert roles == {"gpt2": "causal", "bert": "masked", "gguf": "causal"}
    for name, said in (("odd", "OddForCausalLM"), ("clip", "CLIPModel")):
        with pytest.raises(WeightsError, match=said):
            fetcher.offer(parse_model(f"tiny/{name}"), by_class=True)
    assert not sent(loopback, "")


def test_hub_tells_of_a_full_disk_before_fetching(
    loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback.add("tiny/gpt2", tiny_causal)
    monkeypatch.setattr("bot.worker.weights.downloads.SPARE", 1 << 60)
    assert "INKLING_DATA" in refusal(loopback, tmp_path)
    assert not sent(loopback, "")


def test_hub_that_cannot_be_reached_or_is_none(loopback: LoopbackHub, tmp_path: Path) -> None:
    loopback.add("tiny/odd", {"x": b""})
    loopback.fail("/api/", Refuse(status=200))
    assert "no Hugging Face hub" in refusal(loopback, tmp_path, "tiny/odd")
    loopback.fail("/tree/", *[Cut(after=1)] * 5)
    assert "cannot be reached" in refusal(loopback, tmp_path, "tiny/odd")
    with LoopbackHub() as other:
        gone = other
    assert "cannot be reached" in refusal(gone, tmp_path)


def test_hub_offline_fetches_nothing_and_finds_what_is_there(
    loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback.add("tiny/gpt2", tiny_causal)
    bring(loopback, tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    bring(loopback, tmp_path)
    asked = len(loopback.asked)
    assert "HF_HUB_OFFLINE" in refusal(loopback, tmp_path, "tiny/gpt2@v2")
    assert len(loopback.asked) == asked


def test_hub_finds_what_an_earlier_version_fetched(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    """huggingface_hub's own downloads, which came without our listing."""
    loopback.add("tiny/gpt2", tiny_causal)
    model = bring(loopback, tmp_path)
    for path in (tmp_path / "models/hub/models--tiny--gpt2/inkling").iterdir():
        path.unlink()
    asked = len(loopback.asked)
    assert bring(loopback, tmp_path) == model
    assert len(loopback.asked) == asked


def test_hub_path_that_leads_elsewhere_is_left_out(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in tiny_causal.iterdir()}
    loopback.add("tiny/gpt2", files | {"../vocab.txt": b"x", "/etc/vocab.txt": b"x"})
    bring(loopback, tmp_path)
    assert not list(tmp_path.rglob("vocab.txt"))


def test_progress_may_stop_it_and_what_came_stays(loopback: LoopbackHub, tiny_causal: Path, tmp_path: Path) -> None:
    loopback.add("tiny/gpt2", tiny_causal)

    class Enough(Exception):
        pass

    def stop(label: str, done: int, total: int) -> None:
        if WEIGHTS in label and done:
            raise Enough

    with pytest.raises(Enough):
        fetched(parse_model("tiny/gpt2"), "causal", tmp_path, HubAccess(endpoint=loopback.url), stop)
    assert list(tmp_path.rglob("*.partial"))
    assert bring(loopback, tmp_path).name == "tiny/gpt2"
    assert not list(tmp_path.rglob("*.partial"))
    assert find(parse_model("tiny/gpt2"), "causal", tmp_path) is not None
