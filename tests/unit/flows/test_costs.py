"""What a run of a flow calls, counted from its plan."""

from trunkline.flows.costs import costs
from trunkline.flows.plan import CallStep, FilterStep, ForEachStep, IfStep, Scope, Step
from trunkline.model.json import JSON, JSONObject


def yes(_: Scope) -> bool:
    return True


def nothing(_: Scope) -> JSONObject:
    return {}


def no_items(_: Scope) -> list[JSON]:
    return []


def call(id: str, operation: str, connection: str = "crm") -> Step:
    return CallStep(id=id, connection=connection, operation=operation, input=nothing)


def test_every_call_counts_and_of_two_branches_the_dearer_one() -> None:
    branch = IfStep(
        id="if",
        test=yes,
        source="x",
        then=(call("a", "ghl.contacts.get"), call("b", "ghl.contacts.get")),
        otherwise=(call("c", "ghl.contacts.get"), call("d", "slack.messages.post", "team")),
    )
    found = costs((FilterStep(id="f", test=yes, source="x"), call("e", "ghl.contacts.upsert"), branch))
    assert found.calls == {("crm", "ghl.contacts.get"): 2, ("team", "slack.messages.post"): 1, ("crm", "ghl.contacts.upsert"): 1}
    assert found.loops == ()


def test_a_loop_counts_once_and_is_named() -> None:
    inner = ForEachStep(id="inner", items=no_items, steps=(call("a", "ghl.notes.add"),), most=10)
    found = costs((ForEachStep(id="outer", items=no_items, steps=(inner,), most=10),))
    assert found.calls == {("crm", "ghl.notes.add"): 1}
    assert found.loops == ("outer", "inner")
