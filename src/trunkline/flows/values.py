"""Checking one value of a document: its expressions are read, their types inferred, their faults given places."""

from dataclasses import dataclass, field

from minijinja import TemplateError

from trunkline.flows import types
from trunkline.flows.language.emit import body, source
from trunkline.flows.language.evaluate import check_compiles
from trunkline.flows.language.infer import Inference, Missing
from trunkline.flows.language.syntax import Constant, ExpressionError, Node
from trunkline.flows.language.text import is_constant, lone_expression, pieces
from trunkline.flows.problems import Problem
from trunkline.flows.reading import Path, Places
from trunkline.model.json import JSON
from trunkline.model.schema import Schema


@dataclass(slots=True)
class Findings:
    """The problems found so far."""

    places: Places
    problems: list[Problem] = field(default_factory=list[Problem])

    def error(self, path: Path, message: str, hint: str = "", *, at: int = 0, key: bool = False) -> None:
        place = self.places.of_key(path) if key else self.places.of(path, at)
        self.problems.append(Problem(level="error", message=message, hint=hint, place=place))

    def warning(self, path: Path, message: str, hint: str = "", *, at: int = 0) -> None:
        self.problems.append(Problem(level="warning", message=message, hint=hint, place=self.places.of(path, at)))


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """Checks values against the names known at one point of the flow."""

    findings: Findings
    scope: dict[str, Schema]
    missing: Missing

    def value(self, value: JSON, path: Path) -> Schema:
        """Report what is wrong inside `value`; its static type."""
        match value:
            case str():
                return self.text_value(value, path)
            case dict():
                fields = {key: self.value(item, (*path, key)) for key, item in value.items()}
                return {"type": "object", "properties": dict(fields), "additionalProperties": False}
            case list():
                items = [self.value(item, (*path, index)) for index, item in enumerate(value)]
                return {"type": "array", "items": types.either(*items)} if items else types.of_kinds("array")
            case _:
                return types.of_constant(value)

    def text_value(self, value: str, path: Path) -> Schema:
        """The type of a text: constant, one expression, or text around expressions."""
        if is_constant(value):
            return types.of_constant(value)
        inference = Inference(dict(self.scope), self.missing)
        try:
            node = lone_expression(value)
            found = self._lone(node, inference) if node is not None else self._around(value, inference)
        except ExpressionError as exc:
            self.findings.error(path, exc.message, exc.hint, at=exc.at)
            return types.ANY
        except TemplateError:
            self.findings.error(path, "The expression is too involved", "Split it with a `set` step.")
            return types.ANY
        for doubt in () if inference.faults else inference.doubts:
            self.findings.warning(path, doubt.message, doubt.hint, at=doubt.at)
        for fault in inference.faults:
            self.findings.error(path, fault.message, fault.hint, at=fault.at)
        return types.ANY if inference.faults else found

    @staticmethod
    def _lone(node: Node, inference: Inference) -> Schema:
        found = inference.of(node)
        if not inference.faults:
            check_compiles(f"{{{{ _out([{source(node)}]) }}}}")
        return found

    @staticmethod
    def _around(value: str, inference: Inference) -> Schema:
        found = pieces(value)
        inference.text(found)
        if not inference.faults:
            check_compiles(body(found))
        return types.of_kinds("string")

    def text(self, value: JSON, path: Path) -> None:
        """Like `value`, for a place that needs text."""
        found = types.kinds(self.value(value, path))
        if not types.fits(found, frozenset({"string", "number", "boolean"})):
            self.findings.error(path, f"Text is needed here, not {types.words(found)}")

    def test(self, value: str | bool, path: Path) -> None:
        """Like `value`, for a condition: a lone expression or a constant truth value."""
        if isinstance(value, bool):
            return
        if is_constant(value):
            self.findings.error(path, "A condition is an expression", 'Write it as "{{ … }}".')
            return
        self.value(value, path)
        try:
            node = lone_expression(value)
        except ExpressionError:
            return
        if node is None:
            hint = 'Put the whole condition between one "{{" and "}}".'
            self.findings.error(path, "Text around an expression is always true as a condition", hint)
        elif isinstance(node, Constant):
            self.findings.warning(path, "This condition is always the same")
