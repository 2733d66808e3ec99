"""The documents say what is there: commands, settings, links and pictures."""

import json
import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement

from botbay.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
OTHERS = [ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "THIRD_PARTY.md")]
PAGES = [*READMES, *OTHERS, *sorted((ROOT / "docs").rglob("*.md"))]

#: A Makefile's targets, and those of our commands that are groups or stand alone.
TARGETS = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands() -> dict[str, click.Command]:
    """Every command by its words: ``up``, ``user add``, …"""
    found: dict[str, click.Command] = {}
    for entry in entry_points(group="botbay.commands"):
        command = entry.load()
        if isinstance(command, click.Group):
            found |= {f"{entry.name} {name}": sub for name, sub in command.commands.items()}
        else:
            found[entry.name] = command
    return found


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def rows(page: Path, first: str) -> list[list[str]]:
    """The cells of a page's table rows whose first cell begins with this word in code."""
    cells = [line.strip("|").split("|") for line in page.read_text().splitlines() if line.startswith(f"| `{first}")]
    return [[cell.strip() for cell in row] for row in cells]


# --- commands ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_named_exists(page: Path) -> None:
    text = page.read_text()
    groups = {entry.name for entry in entry_points(group="botbay.commands")}
    blocks = re.findall(r"^```sh\n(.+?)^```", text, re.MULTILINE | re.DOTALL)
    shown = "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])
    # Neither an import nor the database's user or service of that name is a command.
    for word in re.findall(r"(?<!from )(?<!-U )(?<![\w.:/-])(?:\.venv/bin/)?botbay ([a-z][a-z-]*)", shown):
        assert word in groups, f"botbay {word}"
    for target in re.findall(r"(?:^|`)make ([a-z][\w-]*)", text, re.MULTILINE):
        assert target in TARGETS, f"make {target}"


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_the_table_of_commands_is_complete(page: Path) -> None:
    shown = {row[0].strip("`").removeprefix("botbay "): row[1] for row in rows(page, "botbay ")}
    assert set(shown) == set(commands())
    for name, command in commands().items():
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        assert set(re.findall(r"`(--[a-z-]+)`", shown[name])) == options, name


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_the_readme_begins_with_the_two_commands(page: Path) -> None:
    assert re.search(r"```sh\nmake run  .*\nmake test  .*\n```", page.read_text())


# --- settings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_the_table_of_settings_is_complete_and_right(page: Path) -> None:
    shown = {row[0].strip("`"): row[1] for row in rows(page, PREFIX)}
    assert set(shown) == {PREFIX + field.upper() for field in Settings.model_fields}
    for field, info in Settings.model_fields.items():
        simple = isinstance(info.default, str | int | float | Path)
        expected = f"`{info.default}`" if simple else ""
        assert shown[PREFIX + field.upper()] == expected, field


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_setting_is_named_that_does_not_exist(page: Path) -> None:
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", page.read_text()))
    assert named - known <= {"BOTBAY_WEBPORT"}  # the typing error that the troubleshooting page shows


# --- links -------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """A page's headings as the addresses that a reader's site makes of them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        found = (page.parent / file).resolve() if file else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def test_every_page_and_picture_is_reached_from_another() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text())
        if not target.startswith("https://")
    }
    for file in (ROOT / "docs").rglob("*.*"):
        assert file in linked, file


def test_pictures_are_small() -> None:
    pictures = list((ROOT / "docs" / "pictures").iterdir())
    assert pictures
    for picture in pictures:
        assert picture.suffix == ".png"
        assert picture.stat().st_size < 200_000, picture


# --- the two languages say the same ------------------------------------------------------------------------


def test_both_readmes_hold_the_same() -> None:
    english, chinese = (page.read_text() for page in READMES)

    def shape(text: str) -> list[str]:
        return re.findall(r"^(#+|```\w*|!\[|\d\.|\|)", text, re.MULTILINE)

    assert shape(english) == shape(chinese)

    def output(text: str) -> list[str]:
        return [block for block in text.split("```")[1::2] if block.startswith("\n")]

    assert output(english) == output(chinese) != []


# --- the rest ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_nothing_is_left_open(page: Path) -> None:
    assert not re.search(r"\b(TODO|FIXME|TBD|XXX|lorem ipsum)\b|待补|待定|占位", page.read_text(), re.IGNORECASE)


def test_every_direct_dependency_has_its_licence_listed() -> None:
    application = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    dialogue = tomllib.loads((ROOT / "rasa_project" / "pyproject.toml").read_text())["project"]
    needed = [*application["dependencies"], *dialogue["dependencies"]]
    for extra in application["optional-dependencies"].values():
        needed += extra
    names = {Requirement(line).name for line in needed}
    names |= set(json.loads((ROOT / "gateway" / "package.json").read_text())["dependencies"])
    listed = {
        name.lower() for name in re.findall(r"^\| ([\w.-]+) \| \S", (ROOT / "THIRD_PARTY.md").read_text(), re.MULTILINE)
    }
    assert {name.lower() for name in names} - listed == set()


def test_the_licence_is_the_one_that_is_claimed() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"
