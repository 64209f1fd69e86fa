"""deploy/inkling.service: systemd accepts it, and it says of the program what is true."""

from __future__ import annotations

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path, PurePosixPath

import pytest

from bot.__main__ import INTERRUPTED, TERMINATED
from bot.cli.parser import build_parser
from bot.settings import DOTENV, Settings

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy/inkling.service"
HOME = "/srv/inkling/app"
"""Where the unit expects the repository."""
STOPPED_WITHIN_S = 8
"""What hosts are promised (README, docs/hosting.md)."""


def service() -> dict[str, str]:
    """The settings of the section Service; of a setting that stands there twice the last."""
    parser = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their capitals
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    return dict(parser["Service"])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    program = tmp_path / ".venv/bin/inkling"
    program.parent.mkdir(parents=True)
    program.symlink_to("/bin/true")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace(HOME, str(tmp_path)), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if UNIT.name in line]  # not what is wrong with other units
    assert ours == []


def test_unit_runs_the_program_where_make_puts_it() -> None:
    program, *arguments = service()["ExecStart"].split()
    assert program == f"{HOME}/.venv/bin/inkling"
    assert build_parser().parse_args(arguments).command == "run"
    assert service()["WorkingDirectory"] == HOME  # .env and data are found from there
    assert service()["ReadWritePaths"] == str(PurePosixPath(HOME) / Settings().data)
    assert f"ConditionPathExists={HOME}/{DOTENV}" in UNIT.read_text(encoding="utf-8").splitlines()


def test_unit_knows_how_the_program_ends() -> None:
    assert set(service()["SuccessExitStatus"].split()) == {str(INTERRUPTED), str(TERMINATED)}
    assert int(service()["TimeoutStopSec"].removesuffix("s")) > STOPPED_WITHIN_S


def test_unit_runs_the_program_as_nobody_in_particular() -> None:
    assert service()["User"] not in ("root", "0")
    assert service()["CapabilityBoundingSet"] == ""
    assert service()["NoNewPrivileges"] == "yes"
