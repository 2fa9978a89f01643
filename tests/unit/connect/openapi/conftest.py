"""Documents as tests of this folder write them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.connect.openapi.facts import Facts
from trunkline.connect.openapi.importing import import_files
from trunkline.model.json import JSON, JSONObject

Write = Callable[..., Path]
Import = Callable[..., Facts]


def document(paths: JSON = None, *, schemas: JSON = None, version: str = "3.0.3", **more: JSON) -> JSONObject:
    """A small description."""
    whole: JSONObject = {"openapi": version, "info": {"title": "Acme", "version": "1"}, "servers": [{"url": "https://api.acme.example"}]}
    whole["paths"] = paths or {}
    if schemas is not None:
        whole["components"] = {"schemas": schemas}
    return {**whole, **more}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a document into a file and give its path."""

    def written(data: JSON, name: str = "acme.json") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return path

    return written


@pytest.fixture
def imported(write: Write) -> Import:
    """The facts of documents, in the order given."""

    def facts(*documents: JSON) -> Facts:
        names = ["acme.json", *(f"more{number}.json" for number in range(1, len(documents)))]
        return import_files([write(data, name) for data, name in zip(documents, names, strict=True)]).facts

    return facts
