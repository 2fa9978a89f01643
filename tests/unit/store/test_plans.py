"""Every statement uses an index, but for a few that are rare or end early by their limit."""

import sqlite3
from pathlib import Path

import pytest

from trunkline.store import (
    alert_routes,
    alerts,
    backfills,
    budgets,
    connections,
    cursors,
    effects,
    events,
    flows,
    grants,
    invitations,
    notices,
    refusals,
    retention,
    runs,
    schedules,
    sealed,
    seen,
    sign_ins,
    subscriptions,
)
from trunkline.store.database import Database, driver_for
from trunkline.store.statement import Statement

ALL = [
    statement
    for module in (
        *(backfills, budgets, connections, cursors, effects, events, flows, grants),
        *(invitations, alert_routes, alerts, refusals, subscriptions),
        *(notices, retention, runs, schedules, sealed, seen, sign_ins),
    )
    for statement in vars(module).values()
    if isinstance(statement, Statement)
] + [statement for column in sealed.COLUMNS for statement in (column.piece, column.replace)]
READ_WHOLE = {
    "every connection": "few rows",
    "every flow": "few rows",
    "every cursor": "few rows",
    "every budget": "at start",
    "every notice": "few rows",
    "every subscription": "few rows",
    "every route for alerts": "few rows",
    "the newest alerts": "backwards in the table's own order, ended by its limit",
    "the newest refused deliveries": "as above",
    "forget old refused deliveries": "some two thousand rows at most",
    "forget old deliveries to no address": "as above",
    "when events arrived, the newest first": "as above; every ten minutes",
    "every read of the past": "few rows",
    "what people ask of triggers": "when something was published, or a person asked",
    "every schedule": "at start, and when flows changed",
    "what starts each published flow": "when something was published",
    "forget the sign-ins of a connection": "few rows, each for some minutes",
    "how many wait in the inbox": "at start, and when the CLI put something in",
    "how many runs are in each state": "when a person asks",
    "records that a parked run holds up": "at start",
    "newest runs": "backwards in the table's own order, ended by its limit",
    "newest runs in one state": "as above",
    "newest runs of a flow": "as above; when a person asks",
    "newest events": "as above",
    "runs that were in hand or waited behind one when the hub stopped": "at start",
    "events before a time that no run and no inbox item needs": "the inbox once, and only when there is an old event",
}


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    path = tmp_path_factory.mktemp("plans") / "data.db"
    Database(driver_for(Path(path))).close()
    return sqlite3.connect(path)


@pytest.mark.parametrize("statement", ALL, ids=lambda statement: statement.about)
def test_a_statement_searches_and_does_not_scan(raw: sqlite3.Connection, statement: Statement) -> None:
    text = statement.text("sqlite")
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {text.sql}", text.arguments(dict.fromkeys(statement.given, 1)))]
    scans = [line for line in plan if line.startswith("SCAN") and "INDEX" not in line]
    assert not scans or statement.about in READ_WHOLE, plan
