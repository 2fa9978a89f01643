"""The JSON Schema of flow documents: `python -m trunkline.flows.schema docs/reference/flow.schema.json` writes it, `--check` compares."""

import argparse
import sys
from pathlib import Path

import orjson

from trunkline.flows.document import FlowPart
from trunkline.model.json import JSONObject


def document_schema() -> JSONObject:
    """The published schema; editors use it to complete and check flow files."""
    schema: JSONObject = FlowPart.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Trunkline flow"}


def text() -> str:
    """The schema as it is kept in the repository."""
    return orjson.dumps(document_schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE).decode()


def main(arguments: list[str] | None = None) -> int:
    """Write or check the file; 1 when it is not fresh."""
    parser = argparse.ArgumentParser(description="Write the JSON Schema of flow documents.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--check", action="store_true", help="only tell whether the file is fresh")
    options = parser.parse_args(arguments)
    file: Path = options.file
    fresh = file.is_file() and file.read_text(encoding="utf-8") == text()
    if options.check:
        if not fresh:
            sys.stderr.write(f"{file} is not fresh: run `python -m trunkline.flows.schema {file}`\n")
        return 0 if fresh else 1
    file.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
