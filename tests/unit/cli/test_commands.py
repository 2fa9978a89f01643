"""What holds for every command there is."""

import re
import subprocess
import sys
from typing import Any, get_args

import pytest

from trunkline.cli import exits
from trunkline.cli.main import COMMANDS, loaded
from trunkline.cli.runs import State
from trunkline.model.event import RunState


def _commands() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in COMMANDS:
        command = loaded(name)
        verbs = getattr(command, "commands", None)
        found |= {f"{name} {verb}": one for verb, one in verbs.items()} if verbs else {name: command}
    return found


ALL = _commands()


@pytest.mark.parametrize("path", ALL)
def test_every_command_takes_home_and_json(path: str) -> None:
    assert {"--home", "--json"} <= {flag for part in ALL[path].params for flag in part.opts}


@pytest.mark.parametrize("path", ALL)
def test_every_help_has_examples_of_this_very_command_and_the_exit_codes(path: str) -> None:
    examples = re.findall(r"trunkline [a-z]+(?: [a-z-]+)?", ALL[path].epilog)
    assert any(example.startswith(f"trunkline {path}") for example in examples)
    for code, meaning in exits.MEANINGS.items():
        assert f"{code}  {meaning}" in ALL[path].epilog


@pytest.mark.parametrize("path", ALL)
def test_every_flag_and_argument_says_what_it_means(path: str) -> None:
    assert ALL[path].help
    assert [part.name for part in ALL[path].params if not part.help] == []


@pytest.mark.parametrize("path", ALL)
def test_every_flag_is_an_environment_variable_too_and_its_help_says_so(path: str) -> None:
    flags = [part for part in ALL[path].params if part.param_type_name == "option"]
    assert [flag.name for flag in flags if not (flag.show_envvar and flag.allow_from_autoenv) and "env var" not in flag.help] == []


@pytest.mark.parametrize("name", [name for name in COMMANDS if getattr(loaded(name), "commands", None)])
def test_every_noun_takes_home_and_json_before_its_verb(name: str) -> None:
    assert {"--home", "--json"} <= {flag for part in loaded(name).params for flag in part.opts}


def test_states_on_the_command_line_are_those_of_runs() -> None:
    assert {state.value for state in State} == set(get_args(RunState))


def test_the_main_help_does_not_import_the_hub() -> None:
    heavy = ["sqlalchemy", "pydantic_core", "uvicorn", "pyreqwest", "trunkline.app"]
    code = f"import sys, trunkline.cli.main; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
