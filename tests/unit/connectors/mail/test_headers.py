"""Header texts and parameters that are a little wrong."""

import pytest

from connectors.mail.headers import decode_words, parameters


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("text/plain>", "text/plain"),
        ("<text/html>; charset=utf-8", "text/html"),
        ("Text / HTML (the usual)", "text/html"),
        ("text/plain; charset=utf-8", "text/plain"),
        ("(the usual) text/html; charset=utf-8", "text/html"),
    ],
)
def test_a_type_is_read_among_other_marks(value: str, kind: str) -> None:
    assert parameters(value)[0] == kind


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (r'"C:\Reports\may.txt"', r"C:\Reports\may.txt"),
        (r'"C:\\Reports\\may.txt"', r"C:\Reports\may.txt"),
        (r'"so \"called\".txt"', 'so "called".txt'),
    ],
)
def test_only_a_quote_and_a_backslash_are_escaped(written: str, name: str) -> None:
    assert parameters(f"attachment; filename={written}")[1] == {"filename": name}


def test_code_goes_on_behind_its_padding() -> None:
    assert decode_words("=?utf-8?B?w6k=w6g=?= =?utf-8?B?w6k?=") == "éèé"


@pytest.mark.parametrize(
    "written",
    [
        'attachment filename="may.pdf"',
        'attachment, filename="may.pdf"',
        "attachment filename*=utf-8''may%2Epdf",
    ],
)
def test_a_missing_semicolon_hides_no_name(written: str) -> None:
    assert parameters(written) == ("attachment", {"filename": "may.pdf"})


def test_a_name_may_stand_alone() -> None:
    assert parameters('filename="may.pdf"') == ("", {"filename": "may.pdf"})


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("filename=utf-8''caf%C3%A9.txt", "café.txt"),
        ("filename=\"iso-8859-1'fr'caf%E9.txt\"", "café.txt"),
        ("filename=bob's 100% 'best' %41.txt", "bob's 100% 'best' %41.txt"),
        ('filename*0="=?utf-8?Q?caf=C3"; filename*1="=A9.txt?="', "café.txt"),
    ],
)
def test_a_name_encoded_by_the_other_rule_is_decoded(written: str, name: str) -> None:
    assert parameters(f"attachment; {written}")[1] == {"filename": name}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('"the "last" draft.pdf"', 'the "last" draft.pdf'),
        ('""last" draft.pdf"; size=3', '"last" draft.pdf'),
        ('"draft.pdf" size=3', "draft.pdf"),
        ('"draft.pdf" (the last)', "draft.pdf"),
        ('"draft".pdf', "draft"),
    ],
)
def test_a_quote_inside_a_name_does_not_end_it(written: str, name: str) -> None:
    assert parameters(f"attachment; filename={written}")[1]["filename"] == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("filename*0=draft; filename*1=.pdf; filename*0=other", "draft.pdf"),
        ("filename*=utf-8''draft.pdf; filename*0=other; filename*1=.pdf", "draft.pdf"),
        ("filename*0=other; filename*=utf-8''draft.pdf; filename=third.pdf", "draft.pdf"),
    ],
)
def test_a_name_that_is_given_twice_is_not_put_together(written: str, name: str) -> None:
    assert parameters(f"attachment; {written}")[1]["filename"] == name
