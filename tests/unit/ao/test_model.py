"""What a scenario may ask of a home, and how names are derived."""

from __future__ import annotations

import msgspec
import pytest

from harness.amounts import share, span
from harness.systems.ao import naming, yaml_text
from harness.systems.ao.model import Shape


@pytest.mark.parametrize(
    ("text", "ends"),
    [("0..6", (0, 6)), ("3", (3, 3)), (4, (4, 4)), ("7..7", (7, 7)), ("10..20000", (10, 20000))],
)
def test_a_span_has_two_ends(text: int | str, ends: tuple[int, int]) -> None:
    assert span(text) == ends


@pytest.mark.parametrize(
    "text", ["", "..", "1..", "..2", "a..b", "-1..2", "1...2", "2..1", "1.5", "\u0661..\u0662", " 1..2"]
)
def test_an_unreadable_span_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ValueError, match="span") as raised:
        span(text)
    assert repr(text) in str(raised.value)


@pytest.mark.parametrize(("text", "number"), [("none", 0.0), ("some", 0.4), ("all", 1.0), ("0.25", 0.25)])
def test_a_share_is_a_word_or_a_number(text: str, number: float) -> None:
    assert share(text) == number


@pytest.mark.parametrize("text", ["half", "-0.1", "1.1", "nan", ""])
def test_an_unreadable_share_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ValueError, match="share") as raised:
        share(text)
    assert repr(text) in str(raised.value)


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"project": "1"}, "project"),
        ({"projects": "x"}, "'x'"),
        ({"sessions": "5..1"}, "5..1"),
        ({"target": "gone"}, "gone"),
        ({"terminated": "half"}, "half"),
        ({"damages": "1..2"}, "damage"),
        ({"user": "../root"}, "../root"),
        ({"agents": []}, "agents"),
    ],
)
def test_a_wrong_shape_is_refused_by_name(asked: dict[str, object], word: str) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert(asked, Shape)
    assert word in str(raised.value)


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        (Shape(), (0, 0)),
        (Shape(damage=["bom", "crlf"]), (2, 2)),
        (Shape(damage=["any"]), (0, 2)),
        (Shape(damage=["any"], damages="1..5"), (1, 5)),
        (Shape(damage=["bom", "crlf"], damages=1), (1, 1)),
    ],
)
def test_damages_are_counted_by_span_or_by_name(shape: Shape, count: tuple[int, int]) -> None:
    assert shape.damage_count == count


@pytest.mark.parametrize(
    ("folder", "prefix"),
    [
        ("App", "app"), ("Beta.Repo", "br"), ("HTTPServer", "https"), ("my-app-two", "mat"), ("my_app", "ma"),
        ("integrator", "int"), ("x", "x"), ("a-b_c-d", "abd"), ("-lead-er", "le"),
    ],
)  # fmt: skip
def test_a_prefix_is_derived_as_legacy_does(folder: str, prefix: str) -> None:
    assert naming.session_prefix(folder) == prefix


@pytest.mark.parametrize(
    ("path", "bucket"),
    [
        ("/home/u/my_app", "-home-u-my-app"),
        ("/home/ann example/.ao", "-home-ann-example--ao"),
        ("/home/josé/x", "-home-jos--x"),
        ("/home/e🙂/x", "-home-e---x"),
        ("C:\\Users\\x", "C--Users-x"),
        ("/home/山田", "-home---"),
    ],
)
def test_a_bucket_counts_utf_16_units(path: str, bucket: str) -> None:
    assert naming.bucket(path) == bucket
    assert len(bucket) == len(path.encode("utf-16-le")) // 2


def test_project_ids_hold_the_slug_and_a_hash_of_path_and_origin() -> None:
    one = naming.project_id("/home/u/Beta.Repo  X", "")
    assert one.startswith("beta-repo-x_")
    assert len(one.rpartition("_")[2]) == 10
    assert one != naming.project_id("/home/u/Beta.Repo  X", "git@git.example:a/b.git")


@pytest.mark.parametrize(("milliseconds", "text"), [
    (0, "1970-01-01T00:00:00.000Z"),
    (1_781_697_600_123, "2026-06-17T12:00:00.123Z"),
    (951_827_696_789, "2000-02-29T12:34:56.789Z"),
])  # fmt: skip
def test_instants_are_written_as_javascript_does(milliseconds: int, text: str) -> None:
    assert naming.iso(milliseconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("yes", "yes"), ("off", "off"), ("12:30:45", "12:30:45"), ("1_000", "1_000"), ("2026-05-01", "2026-05-01"),
        ("0755", '"0755"'), ("0o17", '"0o17"'), ("1e3", '"1e3"'), ("true", '"true"'), ("null", '"null"'),
        ("", '""'), ("~", '"~"'), ("a: b", '"a: b"'), ("a #b", '"a #b"'), ("#b", '"#b"'), ("- a", '"- a"'),
        ("-a", "-a"), ("ends:", '"ends:"'), ('say "hi"', 'say "hi"'), ('"hi"', "'\"hi\"'"), ("it's", "it's"),
        ("'q'", '"\'q\'"'), ("@x", '"@x"'), ("tab\there", "tab\there"), ("line\nbreak", '"line\\nbreak"'),
        (".5", '".5"'), ("1.10", '"1.10"'), (True, "true"), (None, "null"), (3000, "3000"), (1.5, "1.5"),
        ({}, "{}"), ([], "[]"), ("a, b", "a, b"), ("[x]", '"[x]"'), ("C:\\temp", "C:\\temp"),
    ],
)  # fmt: skip
def test_yaml_quotes_what_another_type_would_be_read_from(value: object, text: str) -> None:
    assert yaml_text.scalar(value) == text


def test_yaml_stands_in_blocks_of_two_spaces_with_indented_lists() -> None:
    value = {"a": {"b": [1, {"c": "x", "d": []}], "e": {}}, "my key": None, "0": "1"}
    assert yaml_text.document(value) == (
        'a:\n  b:\n    - 1\n    - c: x\n      d: []\n  e: {}\nmy key: null\n"0": "1"\n'
    )
    assert yaml_text.document({}) == "{}\n"
