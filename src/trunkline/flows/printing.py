"""Document to text: what `parse` makes of it is the same document."""

import re
from io import StringIO
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from trunkline.flows.parsing import Document
from trunkline.flows.reading import reads_as_text

_NEEDS_ESCAPES = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class _Representer(SafeRepresenter):
    """Writes text so that our reader sees text: its idea of a number is wider than ruamel.yaml's."""


def _represent_text(representer: Any, text: str) -> Any:
    quoted = not reads_as_text(text) or _NEEDS_ESCAPES.search(text)
    style = '"' if quoted else "|" if "\n" in text and text.strip() and not text[0].isspace() else None
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


cast(Any, _Representer).add_representer(str, _represent_text)  # ruamel.yaml is untyped here


def print_flow(document: Document) -> str:
    """The document as YAML, with the fields that were written and no others."""
    data = document.flow.model_dump(mode="json", by_alias=True, exclude_unset=True)
    yaml = cast(Any, YAML(typ="safe", pure=True))  # ruamel.yaml has no types for its settings
    yaml.Representer = _Representer
    yaml.default_flow_style, yaml.sort_base_mapping_type_on_output, yaml.width = False, False, 120
    yaml.allow_unicode = True
    out = StringIO()
    yaml.dump(data, out)
    return out.getvalue()
