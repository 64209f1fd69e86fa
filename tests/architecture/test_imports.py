"""The house stands as docs/architecture.md draws it: imports only ever point down."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ("bot", "cogs", "storage")
FLOORS = (
    "bot.__main__",
    "bot.cli",
    "bot.sandbox",
    "bot.app",
    "cogs",
    "bot.games",
    "bot.stories",
    "bot.publishing",
    "bot.writing",
    "bot.ui",
    "storage",
    "bot.worker",
    "bot.inference",
    "bot.rules",
    "bot.logs",
    "bot.settings",
    "bot.discord_token",
    "bot.text_files",
    "bot.errors",
)
"""The packages from the roof down. `bot.worker` stands on `bot.inference`, whose protocol it answers; of what stands
above it only the command line may import it (`FORBIDDEN`), which fetches and checks weights."""
LOWEST = {"cogs": "cogs.core", "bot.rules": "bot.rules.text"}
"""What lies lowest within a floor: it imports nothing else of that floor."""
DATABASE = {"sqlalchemy", "aiosqlite", "sqlite3"}
MODELS = {"torch", "transformers", "openvino_genai", "bot.worker"}
"""What loads models, and the process that does so. Of that only `bot.cli` and the worker itself know."""
FORBIDDEN = {
    "cogs": MODELS | DATABASE,
    "bot.publishing": MODELS | DATABASE | {"discord"},
    "bot.games": MODELS | DATABASE | {"discord"},
    "bot.stories": MODELS | {"discord"},
    "bot.ui": MODELS | DATABASE,
    "bot.app": MODELS | DATABASE,
    "bot.sandbox": MODELS | DATABASE,
    "bot.cli": MODELS - {"bot.worker"},
    "bot.inference": MODELS | DATABASE | {"discord", "alembic", "openvino"},
    "bot.worker": DATABASE | {"discord", "alembic", "storage"},
    "bot.writing": MODELS | {"discord", "sqlalchemy", "aiosqlite"},
    "bot.rules": MODELS | DATABASE | {"discord"},
    "storage": MODELS | {"discord"},
}
PURE = {
    "bot.rules.voting": {"bot.errors", "bot.rules", "numpy"},
    "bot.rules.text": {"bot.rules.text", "icu4py"},
    "bot.rules": {"bot.errors", "bot.rules", "icu4py"},
    "bot.errors": set[str](),
}
PRINTS = {ROOT / "bot/__main__.py"}
READS_ENVIRONMENT = {
    ROOT / "bot/settings.py",
    ROOT / "bot/cli/set_up.py",  # hands it on to pip
    ROOT / "bot/inference/supervisor.py",  # hands it on to its child, without the secrets
}


def modules(*tops: str) -> dict[str, Path]:
    """Return every module beneath the top packages, by its dotted name."""
    found = {}
    for top in tops:
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules(*PROGRAM)


def imported(path: Path, *, at_import_only: bool = False) -> Iterator[str]:
    """Give each module that a file imports; with `at_import_only` not those inside functions or for types."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write {node.module} as an absolute import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else str(node.module)
        elif at_import_only and _runs_later(node):
            continue
        todo.extend(ast.iter_child_nodes(node))


def _runs_later(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.dump(node.test)
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def floor(module: str) -> int | None:
    """Return how far down a module stands: 0 is the roof. None where it is none of ours."""
    return next((rank for rank, package in enumerate(FLOORS) if within(module, package)), None)


def ours(module: str) -> bool:
    return module.split(".")[0] in PROGRAM


def test_modules_all_stand_on_a_floor() -> None:
    homeless = [name for name in MODULES if floor(name) is None and name != "bot"]
    assert not homeless


@pytest.mark.parametrize("name", sorted(MODULES))
def test_imports_point_down(name: str) -> None:
    here = floor(name)
    if here is None:
        assert not any(ours(module) for module in imported(MODULES[name])), "bot/__init__.py imports nothing"
        return
    targets = {module for module in imported(MODULES[name]) if ours(module)}
    upward = sorted(module for module in targets if (there := floor(module)) is not None and there < here)
    assert not upward, f"{name} points up to {upward}"


@pytest.mark.parametrize(("package", "lowest"), LOWEST.items())
def test_imports_of_what_a_floor_shares_leave_out_who_shares_it(package: str, lowest: str) -> None:
    upward = {
        (name, module)
        for name, path in MODULES.items()
        if within(name, lowest)
        for module in imported(path)
        if within(module, package) and not within(module, lowest)
    }
    assert not upward


def test_imports_form_no_circle() -> None:
    arrows = {
        name: {module for module in imported(path, at_import_only=True) if module in MODULES and module != name}
        for name, path in MODULES.items()
    }
    assert len(list(TopologicalSorter(arrows).static_order())) == len(MODULES)


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_imports_avoid_what_their_package_must_not_know(package: str) -> None:
    known = {
        (name, module)
        for name, path in MODULES.items()
        if within(name, package)
        for module in imported(path)
        if any(within(module, forbidden) for forbidden in FORBIDDEN[package])
    }
    assert not known


@pytest.mark.parametrize("package", sorted(PURE))
def test_imports_of_rules_and_errors_are_the_standard_library_and_unicode(package: str) -> None:
    special = {other for other in PURE if other != package and within(other, package)}
    for name, path in MODULES.items():
        if within(name, package) and not any(within(name, other) for other in special):
            foreign = {
                module
                for module in imported(path)
                if module.split(".")[0] not in sys.stdlib_module_names
                and not any(within(module, allowed) for allowed in PURE[package])
            }
            assert not foreign, f"{name} imports {sorted(foreign)}"


def test_imports_of_the_bot_process_load_no_torch() -> None:
    """What `bot.app` reaches at import stays light: the models live in the worker."""
    seen: set[str] = set()
    todo = ["bot.app"]
    while todo:
        name = todo.pop()
        if name in seen or name not in MODULES:
            continue
        seen.add(name)
        reached = set(imported(MODULES[name], at_import_only=True))
        heavy = {module for module in reached if module.split(".")[0] in {"torch", "transformers", "openvino_genai"}}
        assert not heavy, f"{name} imports {heavy}"
        todo.extend(reached)


def test_modules_print_and_read_the_environment_only_where_that_belongs() -> None:
    for path in MODULES.values():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if path not in PRINTS and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"{path}:{node.lineno} prints"
            if path not in READS_ENVIRONMENT and isinstance(node, ast.Attribute):
                assert node.attr not in {"getenv"}, f"{path}:{node.lineno} reads the environment"
                if node.attr == "environ" and isinstance(node.value, ast.Name) and node.value.id == "os":
                    pytest.fail(f"{path}:{node.lineno} reads the environment")


def test_pyproject_lists_exactly_the_packages_there_are() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    assert set(project["tool"]["setuptools"]["packages"]) == packages
    folders = {path.parent for path in MODULES.values()}
    assert {folder for folder in folders if not (folder / "__init__.py").exists()} == set()


def test_imports_are_all_declared_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    runtime = {_name(requirement) for requirement in [*project["dependencies"], *extras["sandbox"]]}
    assert _undeclared(MODULES.values(), runtime) == set()
    development = runtime | {_name(requirement) for requirement in extras["dev"]}
    others = modules("tests", "benchmarks", "training")
    assert _undeclared(others.values(), development) == set()


def _name(requirement: str) -> str:
    name = requirement.split(";")[0]
    for sign in "[<>=!~ ":
        name = name.split(sign)[0]
    return name.lower().replace("_", "-")


def _undeclared(paths: Iterable[Path], declared: set[str]) -> set[tuple[str, str]]:
    providers = packages_distributions()
    undeclared = set()
    for path in paths:
        for module in imported(path):
            top = module.split(".")[0]
            if top in sys.stdlib_module_names or top in {*PROGRAM, "tests", "benchmarks", "training", "__future__"}:
                continue
            names = {_name(distribution) for distribution in providers.get(top, [top])}
            if not names & declared:
                undeclared.add((str(path.relative_to(ROOT)), top))
    return undeclared
