import pytest

from harness.systems.ao.oracle.timestamps import (
    first_readable,
    from_mtime,
    from_number,
    read_as_daemon,
    read_legacy,
)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-05-01T10:00:00.123Z", "2026-05-01T10:00:00.123Z"),
        ("2026-05-01T10:00:00.123999Z", "2026-05-01T10:00:00.123Z"),
        ("2026-05-01T10:00:00.9", "2026-05-01T10:00:00.900Z"),
        ("2026-05-01T10:00:00+05:30", "2026-05-01T04:30:00.000Z"),
        ("2026-05-01 10:00:00.5 +0000 UTC", "2026-05-01T10:00:00.500Z"),
        ("2026-05-01 10:00:00 UTC", "2026-05-01T10:00:00.000Z"),
        ("2026-05-01 10:00-0100", "2026-05-01T11:00:00.000Z"),
        ("2026-05-01", "2026-05-01T00:00:00.000Z"),
    ],
)
def test_a_legacy_instant_is_written_in_utc_with_its_fraction_cut(text: str, written: str) -> None:
    assert read_legacy(text) == written


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "",
        " 2026-05-01",
        "2026-05-01\n",
        "2026-02-30",
        "2026-05-01T24:00:00Z",
        "2026-05-01T10:00:60Z",
        "2026-05-01T10:00:00+99:00",
        "2026-05-01T10:00:00.1234567890Z",
        "0001-01-01T00:00:00+05:00",
        "٢٠٢٦-05-01",
        1777629600,
        None,
        True,
        ["2026-05-01"],
    ],
)
def test_what_is_no_instant_is_not_guessed(value: object) -> None:
    assert read_legacy(value) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-01T10:00:00Z",
        "2026-05-01T10:00:00.000000001Z",
        "2026-05-01T12:00:00+02:00",
        "2026-05-01 10:00:00",
        "2026-05-01 10:00:00.000 +0000 UTC",
        "2026-05-01 10:00:00+00:00",
    ],
)
def test_the_daemon_reads_every_form_its_driver_knows(text: str) -> None:
    assert read_as_daemon(text) == "2026-05-01T10:00:00.000Z"


def test_the_daemon_reads_a_bare_date() -> None:
    assert read_as_daemon("2026-05-01") == "2026-05-01T00:00:00.000Z"


@pytest.mark.parametrize("value", ["", "yesterday", 1777629600, 1.5, None, b"2026-05-01", "2026-13-01"])
def test_a_poison_value_has_no_written_form(value: object) -> None:
    assert read_as_daemon(value) is None


def test_an_mtime_is_cut_to_milliseconds() -> None:
    assert from_mtime(1_772_600_767_089_999_999) == "2026-03-04T05:06:07.089Z"
    assert from_mtime(0) == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("number", "forms"),
    [
        (1795164012, ["2026-11-20T08:40:12.000Z"]),
        (1795164012000, ["2026-11-20T08:40:12.000Z"]),
        (1795164012.5, ["2026-11-20T08:40:12.500Z"]),
        (0, ["1970-01-01T00:00:00.000Z"]),
        (float("nan"), []),
        (float("inf"), []),
        (1e30, []),
        (True, []),
        ("1795164012", []),
        (None, []),
    ],
)
def test_a_registration_number_is_seconds_or_when_large_milliseconds(
    number: object, forms: list[str]
) -> None:
    assert from_number(number) == forms


def test_a_number_between_two_milliseconds_leaves_a_choice() -> None:
    assert from_number(1795164012.123) == ["2026-11-20T08:40:12.122Z", "2026-11-20T08:40:12.123Z"]


def test_the_first_readable_source_wins() -> None:
    assert first_readable(["soon", 5, "2026-05-01"], "never") == "2026-05-01T00:00:00.000Z"
    assert first_readable([None], "never") == "never"
