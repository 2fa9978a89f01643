"""What the benchmark tells: goals are judged within a round, tables say why something is missing, the page keeps its own words."""

from pathlib import Path

from bench.measures import Measured, middle
from bench.report import BEGIN, END, figures_table, goals, goals_table, write_page


def _round(effects: float, accepted: float = 0, **facts: float) -> Measured:
    return Measured(effects_per_s=effects, accepted_per_s=accepted, **facts)  # pyright: ignore[reportArgumentType] - counts are given whole


def test_a_ratio_is_taken_within_each_round_and_its_median_counts() -> None:
    ours, theirs = [_round(100), _round(500), _round(900)], [_round(200), _round(1000), _round(300)]
    found = goals({"trunkline": ours, "prototype": theirs}, {})[0]
    assert (found.value, found.met) == (0.5, True)


def test_a_figure_below_its_bound_is_missed_and_one_never_measured_is_neither() -> None:
    found = {goal.what: goal for goal in goals({"trunkline": [_round(49)], "prototype": [_round(100)]}, {})}
    assert found["effects, of the bare prototype's"].met is False
    assert found["effects, of Node-RED's"].met is None
    table = goals_table(list(found.values()))
    assert "| effects, of the bare prototype's | ≥ 0.5 | 0.49 | **missed** |" in table
    assert "| effects, of Node-RED's | ≥ 0.7 | – | not measured |" in table


def test_a_single_effect_missing_or_doubled_in_any_round_misses_the_goal() -> None:
    rounds = {"trunkline": [_round(1, missing=0, doubled=0), _round(1, missing=1, doubled=0)]}
    found = {goal.what: goal.met for goal in goals(rounds, {})}
    assert found["effects missing"] is False
    assert found["effects doubled"] is True


def test_the_worst_round_decides_about_memory() -> None:
    found = {goal.what: goal for goal in goals({"trunkline": [_round(1, idle_mb=90), _round(1, idle_mb=121), _round(1, idle_mb=91)]}, {})}
    assert found["memory, idle"].met is False


def test_the_middle_of_rounds_is_the_median_but_faults_add_up() -> None:
    found = middle([_round(10, refused=1), _round(30, refused=2), _round(20)])
    assert (found.effects_per_s, found.refused, found.p50_ms, found.p99_ms) == (20, 3, None, None)


def test_a_program_that_was_not_measured_says_why_in_its_row() -> None:
    table = figures_table({"prototype": _round(5000, 7000)}, {"n8n": "Node is not installed"})
    assert "| bare prototype | 7,000 | 5,000 |" in table
    assert "| n8n on SQLite | not measured: Node is not installed |" in table


def test_only_what_stands_between_the_marks_of_the_page_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Head\n\n{BEGIN}\n\nold\n\n{END}\n\ntail\n", encoding="utf-8")
    write_page("new", page)
    write_page("newer", page)
    assert page.read_text(encoding="utf-8") == f"# Head\n\n{BEGIN}\n\nnewer\n\n{END}\n\ntail\n"
