from oracle_homes import column, fates, legacy, project_sql, session, session_sql, with_rows, with_session

from harness.home import Home
from harness.systems.ao.oracle import expect
from harness.systems.ao.oracle.numbering import LARGEST, assign


def numbers(
    *sessions: str, held: dict[float, str] | None = None, prefix: str = "ao"
) -> dict[str, int | None]:
    """The numbers of sessions that were created in the order given."""
    return assign(prefix, [(name, f"2026-01-{day:02}") for day, name in enumerate(sessions, 1)], held or {})


def test_own_numbers_are_claimed_first() -> None:
    assert numbers("x-7", "ao-007", "ao-7") == {"ao-7": 7, "x-7": 8, "ao-007": 9}


def test_a_padded_number_is_used_when_it_is_free() -> None:
    assert numbers("ao-007") == {"ao-007": 7}


def test_the_orchestrator_takes_zero() -> None:
    assert numbers("ao-0", "ao-orchestrator") == {"ao-orchestrator": 0, "ao-0": 1}


def test_the_orchestrator_gets_a_new_number_when_zero_is_taken() -> None:
    assert numbers("ao-orchestrator", "ao-3", held={0: "x"}) == {"ao-3": 3, "ao-orchestrator": 4}


def test_another_projects_orchestrator_is_only_a_name() -> None:
    assert numbers("app-orchestrator") == {"app-orchestrator": 1}


def test_trailing_digits_are_used_in_order_of_age() -> None:
    assert numbers("ao-orchestrator-2", "x-2", "x-5") == {"ao-orchestrator-2": 2, "x-5": 5, "x-2": 6}


def test_parked_duplicates_get_new_numbers_even_with_all_digits() -> None:
    assert numbers("ao-1__from-123456789012", "ao-1") == {"ao-1": 1, "ao-1__from-123456789012": 2}


def test_numbers_beyond_a_double_get_new_ones() -> None:
    assert numbers(f"ao-{LARGEST + 1}", "ao-99999999999999999999", "ao-2") == {
        "ao-2": 2,
        f"ao-{LARGEST + 1}": 3,
        "ao-99999999999999999999": 4,
    }


def test_the_largest_exact_number_is_kept() -> None:
    assert numbers(f"ao-{LARGEST}", "plain") == {f"ao-{LARGEST}": LARGEST, "plain": LARGEST + 1}


def test_new_numbers_follow_the_largest_of_rows_and_plan() -> None:
    assert numbers("plain", "other", held={9: "x"}) == {"plain": 10, "other": 11}


def test_equal_age_is_settled_by_id() -> None:
    assert assign("ao", [("b", "2026-01-01"), ("a", "2026-01-01")], {}) == {"a": 1, "b": 2}


def test_an_own_number_that_a_row_holds_is_not_changed() -> None:
    assert numbers("ao-1", "ao-2", held={1: "x"}) == {"ao-1": None, "ao-2": 2}


def test_a_prefix_of_digits_is_no_trap() -> None:
    assert numbers("7-8", "7", prefix="7") == {"7-8": 8, "7": 9}


def test_a_taken_number_sets_the_session_aside() -> None:
    database = with_rows(project_sql("app", "/home/u/repos/app"), session_sql("spawned", "app", 1))
    found = expect(legacy(database=database, app_1=session(), plain=session()))

    assert fates(found) == {"app-1": "num-taken", "plain": "migrated"}
    assert column(found, "num") == {"spawned": 1, "plain": 2}


def test_ended_sessions_claim_no_number() -> None:
    found = expect(legacy(app_9=session("done"), plain=session()))

    assert column(found, "num") == {"plain": 1}


def test_each_project_counts_for_itself() -> None:
    home: Home = with_session(legacy("projects:\n  a: {path: /a}\n  b: {path: /b}\n"), "one", session(), "a")
    found = expect(with_session(home, "two", session(), "b"))

    assert column(found, "num") == {"one": 1, "two": 1}
