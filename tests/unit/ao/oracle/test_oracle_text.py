import pytest

from harness.systems.ao.oracle.javascript import MAX_DEPTH, NotJsonError, number_text, parse_json, sound_text
from harness.systems.ao.oracle.prefix import derived_prefix, own_prefix
from harness.systems.ao.oracle.tree import slug, text_of


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3000, "3000"),
        (1.5, "1.5"),
        (1.0, "1"),
        (-0.0, "0"),
        (1e21, "1e+21"),
        (1.5e-7, "1.5e-7"),
        (0.000001, "0.000001"),
        (12345678901234567890, "12345678901234567000"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_numbers_become_text_as_in_javascript(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "{", "{'a': 1}", "", '"\x00"', "[" * 100_000])
def test_what_is_not_strict_json_is_refused(text: str) -> None:
    with pytest.raises(NotJsonError):
        parse_json(text)


def test_json_may_be_nested_up_to_the_limit() -> None:
    assert parse_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(NotJsonError):
        parse_json("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2))


def test_a_number_of_any_length_is_json() -> None:
    assert parse_json("9" * 5000) == float("inf")


def test_of_duplicate_keys_the_last_wins() -> None:
    assert parse_json('{"a": 1, "a": 2}') == {"a": 2}


def test_lone_surrogates_are_replaced_and_pairs_joined() -> None:
    assert sound_text("\ud83d\ude00 \ud83d x \ude00") == "\U0001f600 \ufffd x \ufffd"


def test_text_loses_one_byte_order_mark_and_keeps_what_it_can() -> None:
    assert text_of(b"\xef\xbb\xbfa\xff") == "a\ufffd"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/u/my_app.x y", "-home-u-my-app-x-y"),
        ("/é", "--"),
        ("/\U0001f600", "---"),
        ("a\\b", "a-b"),
    ],
)
def test_a_transcript_folder_is_named_by_utf16_units(path: str, name: str) -> None:
    assert slug(path) == name


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("App", "app"),
        ("PyTorch", "pt"),
        ("agent-orchestrator", "ao"),
        ("my_cool_app", "mca"),
        ("my-cool_app", "mc"),
        ("integrator", "int"),
        ("--double", "d"),
        ("", ""),
        ("Titled", "tit"),
        ("\U0001f600\U0001f600", "\U0001f600\U0001f600"),
    ],
)
def test_a_prefix_is_derived_by_the_legacy_rule(name: str, prefix: str) -> None:
    assert derived_prefix(name) == prefix


@pytest.mark.parametrize("written", [None, "", "a b", "é", 7])
def test_an_unusable_prefix_is_derived_instead(written: object) -> None:
    assert own_prefix(written, "/x/integrator") == "int"


def test_a_usable_prefix_is_kept() -> None:
    assert own_prefix("A_1-b", "/x/integrator") == "A_1-b"
