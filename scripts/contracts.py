"""What import-linter cannot say by itself: a connector's files see the folder they lie in, `connect` and `model`, and nothing else of ours.

A contract per connector would have to be edited for each new one; this one holds for every folder there is. Only a connector's `fake*`,
`test_*` and `conftest` files may use `trunkline.testing` besides.
"""

import re

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, output

CONNECTORS = "trunkline.connectors"
SEEN = ("trunkline.connect", "trunkline.model")
SEEN_BY_TESTS = (*SEEN, "trunkline.testing")
_STANDS_IN = re.compile(r"trunkline\.connectors\.\w+\.(conftest|fake(_\w+)?|test_\w+)(\..+)?")


def strays(graph: ImportGraph) -> list[tuple[str, str]]:
    """(importer, imported) pairs that leave a connector's folder for a place it must not see."""
    return [
        (importer, imported)
        for importer in sorted(graph.find_descendants(CONNECTORS))
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if _ours(imported) and not _may_see(importer, imported)
    ]


def _ours(module: str) -> bool:
    return module.split(".")[0] == CONNECTORS.split(".")[0]


def _may_see(importer: str, imported: str) -> bool:
    vendor = ".".join(importer.split(".")[:3])
    seen = SEEN_BY_TESTS if _STANDS_IN.fullmatch(importer) else SEEN
    return any(imported == package or imported.startswith(f"{package}.") for package in (vendor, *seen))


class ConnectorFolders(Contract):
    """Registered in pyproject.toml as the contract type `connector_folders`; it has no options."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        found = strays(graph)
        return ContractCheck(kept=not found, metadata={"strays": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["strays"]:
            output.print_error(f"{importer} must not import {imported}", bold=False)
