"""The declaration is whole, and its samples fit it."""

import tomllib

from trunkline.connect.declaration import IdempotencyKey, LookFirst, Operation, repeat_of
from trunkline.connect.inputs import check, compiled
from trunkline.model.json import as_object
from trunkline.testing.conformance.scenarios import RULES
from trunkline.testing.conformance.stage import Stage


class Declared(Stage):
    """What can be seen without a call."""

    def test_names_are_unique(self) -> None:
        for ids in ([one.id for one in self.connector.operations], [one.id for one in self.connector.triggers]):
            assert len(ids) == len(set(ids))

    def test_connector_says_what_it_is(self) -> None:
        assert self.connector.id.isidentifier()
        assert self.connector.name
        assert self.connector.about
        compiled(self.connector.options)
        assert not self.connector.base_url.endswith("/")

    def test_operation_is_declared_completely(self, operation: Operation) -> None:
        assert operation.title
        assert operation.category
        compiled(operation.input)
        compiled(operation.output)
        if operation.endpoint is not None:
            assert self.connector.endpoints is not None
            assert operation.endpoint in self.connector.endpoints, "the endpoint it names is described"
        repeat = repeat_of(operation, self.account())
        if operation.kind == "read":
            assert repeat == "never", "a read is repeated as it is and declares nothing"
        elif isinstance(repeat, IdempotencyKey):
            assert repeat.header
        elif isinstance(repeat, LookFirst):
            assert callable(repeat.find)
        if operation.next_page is not None:
            assert operation.items is not None, "a list that is paged says where its items are"

    def test_sample_fits_the_input_schema(self, operation: Operation) -> None:
        check(operation.input, self.filled(operation))

    def test_checklist_is_answered(self) -> None:
        rules = as_object(tomllib.loads((self.folder / "quality.toml").read_text())["rules"])
        assert set(rules) == set(RULES)
        for rule, answer in rules.items():
            assert answer == "done" or len(str(as_object(answer).get("exempt", ""))) > 10, rule
