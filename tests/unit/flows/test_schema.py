"""The published schema: fresh, itself valid, and of one mind with the parser."""

from pathlib import Path

import jsonschema_rs
import pytest

from trunkline.flows.parsing import parse
from trunkline.flows.problems import FlowDocumentError
from trunkline.flows.reading import read
from trunkline.flows.schema import document_schema, main

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "docs/reference/flow.schema.json"


def test_the_published_schema_is_fresh() -> None:
    assert main([str(PUBLISHED), "--check"]) == 0


def test_a_stale_schema_is_told_and_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "flow.schema.json"
    assert main([str(file), "--check"]) == 1
    assert "is not fresh" in capsys.readouterr().err
    assert main([str(file)]) == 0
    assert main([str(file), "--check"]) == 0


def test_the_schema_and_the_parser_agree_on_the_examples() -> None:
    validator = jsonschema_rs.validator_for(document_schema())
    for file in (ROOT / "examples").glob("*.yaml"):
        data, _ = read(file.read_text(encoding="utf-8"), source=file.name)
        assert validator.is_valid(data)


@pytest.mark.parametrize("wrong", ["flow: A b", "trigger: {on: a}", "steps: []", "steps: [{nope: 1}]", "more: 1"])
def test_the_schema_and_the_parser_refuse_the_same(wrong: str) -> None:
    lines = {"flow": "flow: a", "trigger": "trigger: {on: a.b, connection: c}", "steps": "steps: [{stop: x}]"}
    text = "\n".join({**lines, wrong.partition(":")[0]: wrong}.values())
    data, _ = read(text, source="x")
    assert not jsonschema_rs.validator_for(document_schema()).is_valid(data)
    with pytest.raises(FlowDocumentError):
        parse(text)
