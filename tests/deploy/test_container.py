"""deploy/Dockerfile and deploy/compose.yaml: a linter has nothing to say, and what they name is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it ships no types
from packaging.specifiers import SpecifierSet

from bot.cli.doctor import LITTLE_MEMORY
from bot.cli.parser import build_parser
from bot.worker.weights.story_choice import MEMORY

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/Dockerfile"
IGNORED = ROOT / "deploy/Dockerfile.dockerignore"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")


def instructions() -> list[tuple[str, str]]:
    """Each instruction of the Dockerfile with its arguments, continued lines joined."""
    lines = [line for line in DOCKERFILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in whole.splitlines()) if word]


def of(name: str) -> list[str]:
    """The arguments of every instruction of this name."""
    return [rest for word, rest in instructions() if word == name]


def copied() -> set[str]:
    """The files and folders of the repository that come into the image."""
    return {source for rest in of("COPY") for source in rest.split()[:-1]}


def service() -> dict[str, Any]:
    """The one service of the composition."""
    whole = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
    (one,) = whole["services"].values()
    assert {name for name, _, _ in (volume.partition(":") for volume in one["volumes"])} == set(whole["volumes"])
    return dict(one)


@pytest.mark.skipif(HADOLINT is None, reason="hadolint has no wheel for this platform")
def test_container_files_pass_the_linter() -> None:
    done = subprocess.run([str(HADOLINT), str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


def test_container_copies_what_is_there_and_is_not_ignored() -> None:
    kept = {line.removeprefix("!") for line in IGNORED.read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    assert kept == copied()
    assert all((ROOT / name).exists() for name in copied())
    assert {name.partition(".")[0] for name in PROJECT["tool"]["setuptools"]["packages"]} <= copied()
    assert {PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]} <= copied()


def test_python_and_torch_are_those_of_the_project() -> None:
    (python,) = (rest.partition("=")[2] for rest in of("ARG") if rest.startswith("PYTHON="))
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(python)
    (torch,) = (each for each in PROJECT["project"]["dependencies"] if each.startswith("torch=="))
    assert f"pip install {torch} " in "".join(of("RUN"))


def test_container_does_not_run_as_root_and_keeps_its_data_in_a_volume() -> None:
    number = of("USER")[-1].partition(":")[0]
    assert number not in ("root", "0")
    assert f"--uid {number} " in "".join(of("RUN"))
    (volume,) = of("VOLUME")
    assert f"INKLING_DATA={volume}" in of("ENV")
    assert build_parser().parse_args(re.findall(r'"(\w+)"', of("CMD")[-1])).command == "run"


def test_compose_file_fits_the_image() -> None:
    one = service()
    assert (ROOT / "deploy" / one["build"]["context"] / one["build"]["dockerfile"]).resolve() == DOCKERFILE
    (volume,) = of("VOLUME")
    assert one["environment"]["INKLING_DATA"] == volume  # .env may hold an empty one, which would mean /app/data
    assert [each.partition(":")[2] for each in one["volumes"]] == [volume]
    assert one["read_only"]
    assert "/tmp" in one["tmpfs"]  # the socket of the models' process lies there


def test_container_memory_holds_the_large_story_model_and_the_bot() -> None:
    limit = int(service()["mem_limit"].removesuffix("g")) << 30
    assert limit >= MEMORY + LITTLE_MEMORY
