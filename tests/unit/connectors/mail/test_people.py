"""Address lists that are old, odd or wrong."""

import pytest

from connectors.mail.people import parse_people


def people(text: str) -> list[tuple[str, str]]:
    return [(person.name, person.email) for person in parse_people(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("carla@customer   . test", ("", "carla@customer.test")),
        ('"carla costa"@customer.test', ("", '"carla costa"@customer.test')),
        ('Carla <"carla costa"@customer.test>', ("Carla", '"carla costa"@customer.test')),
        ('"ask bob@shop.test" carla@customer.test', ("ask bob@shop.test", "carla@customer.test")),
        ('"carla@customer.test"', ("", "carla@customer.test")),
        ("carla@old.test@customer.test", ("", "carla@old.test@customer.test")),
        ("Carla [mailto:carla@customer.test]", ("Carla", "carla@customer.test")),
        ("carla@[192.0.2.1] (Carla)", ("Carla", "carla@[192.0.2.1]")),
    ],
)
def test_an_address_is_found_without_angle_brackets(text: str, expected: tuple[str, str]) -> None:
    assert people(text) == [expected]


def test_a_colon_in_a_name_begins_no_group() -> None:
    assert people("Shop: Carla <carla@customer.test>, Bob <bob@shop.test>") == [
        ("Shop: Carla", "carla@customer.test"),
        ("Bob", "bob@shop.test"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Shop: Carla <carla@customer.test>, bob@shop.test;", ["carla@customer.test", "bob@shop.test"]),
        ("Shop: carla@customer.test, bob@shop.test", ["carla@customer.test", "bob@shop.test"]),
        ("undisclosed-recipients:;", []),
        ("undisclosed-recipients:", []),
    ],
)
def test_a_group_gives_its_members(text: str, expected: list[str]) -> None:
    assert [email for _, email in people(text)] == expected


def test_a_list_is_bounded() -> None:
    assert len(people("carla@customer.test," * 1500)) == 500


@pytest.mark.parametrize("text", ['"' * 30_000, '"" <>', ":" * 30_000, ",;" * 10_000])
def test_marks_alone_are_nobody(text: str) -> None:
    assert people(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Carla Costa (Sales) <carla@customer.test>", ("Carla Costa (Sales)", "carla@customer.test")),
        ("Carla (=?utf-8?Q?Verk=C3=A4ufe?=) <c@customer.test>", ("Carla (Verkäufe)", "c@customer.test")),
        ("Carla <carla@customer.test> (added by a relay)", ("Carla", "carla@customer.test")),
        ("(Sales) <carla@customer.test>", ("Sales", "carla@customer.test")),
        ("Carla (Sales <carla@customer.test>", ("Carla (Sales", "carla@customer.test")),
    ],
)
def test_a_comment_before_the_address_is_a_part_of_the_name(text: str, expected: tuple[str, str]) -> None:
    assert people(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bob@shop.test <carla@customer.test", ("bob@shop.test", "carla@customer.test")),
        ("Carla <carla@customer.test.>", ("Carla", "carla@customer.test")),
        ('"<Carla" <carla@customer.test>', ("<Carla", "carla@customer.test")),
        ("<carla(at (home))@customer.test>", ("", "carla@customer.test")),
    ],
)
def test_the_address_is_what_stands_in_the_brackets(text: str, expected: tuple[str, str]) -> None:
    assert people(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("root (Cron Daemon)", ("Cron Daemon", "")),
        ("Carla Costa (Sales)", ("Carla Costa (Sales)", "")),
        ("carla", ("carla", "")),
    ],
)
def test_who_has_no_address_keeps_the_name(text: str, expected: tuple[str, str]) -> None:
    assert people(text) == [expected]
