import pytest

from harness.systems.ao.oracle.yaml12 import YamlInvalidError, load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("0755", 755),
        ("0o17", 15),
        ("0x1F", 31),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("2026-05-01", "2026-05-01"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-7", -7),
        ("True", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("~", None),
        ("NULL", None),
        ("", None),
        ("'0755'", "0755"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("!own 12", "12"),
        ("9007199254740993", 9007199254740992.0),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('"\\ud83d"', "\ufffd"),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("{1: a, true: b, ~: c, 1.50: d}", {"1": "a", "true": "b", "": "c", "1.5": "d"}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
    ],
)
def test_a_scalar_means_what_the_core_schema_says(text: str, value: object) -> None:
    found = load(text)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\na: 2", "twice"),
        ("{1: a, 0x1: b}", "twice"),
        ("a: [", "flow"),
        ("a: b: c", "not allowed"),
        ("a: 1\n---\nb: 2", "more than one document"),
        ("a: *b", "no anchor"),
        ("a: &x [*x]", "own anchor"),
        ("a: \x01", "special characters"),
        ('a: "\\U00110000"', "chr"),
        ("[" * 100_000, "deeper"),
        ("- " * 5_000 + "x", "deeper"),
    ],
)
def test_what_the_legacy_program_would_not_read_is_refused(text: str, reason: str) -> None:
    with pytest.raises(YamlInvalidError, match=reason):
        load(text)


def test_the_same_text_may_be_key_as_number_and_as_string() -> None:
    assert load("{1: a, '1': b}") == {"1": "b"}


def test_a_value_may_stand_a_hundred_times_and_not_more() -> None:
    assert len(load("a: &x 1\nb: [" + "*x, " * 99 + "]")["b"]) == 99
    with pytest.raises(YamlInvalidError, match="too much"):
        load("a: &x 1\nb: [" + "*x, " * 100 + "]")


def test_aliases_of_aliases_multiply() -> None:
    lines = ["a: &a [x]"] + [
        f"{name}: &{name} [{f'*{inner}, ' * 9}]" for inner, name in zip("abc", "bcd", strict=True)
    ]

    with pytest.raises(YamlInvalidError, match="too much"):
        load("\n".join(lines))
