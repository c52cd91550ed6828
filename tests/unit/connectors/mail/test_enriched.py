"""Enriched text, and the older rich text."""

from connectors.mail.enriched import enriched_to_text


def test_marks_go_and_single_line_ends_are_spaces() -> None:
    text = "<bold>My</bold> parcel\nis <italic>late</italic>.\n\n\nWhere is it, <<Support>?"
    assert enriched_to_text(text) == "My parcel is late.\n\nWhere is it, <Support>?"


def test_what_a_mark_is_told_is_not_said() -> None:
    assert enriched_to_text("a <color><param>red</param>red</color> box") == "a red box"


def test_lines_stay_where_they_are_not_filled() -> None:
    assert enriched_to_text("<nofill>one\ntwo\n</nofill>three\nfour") == "one\ntwo\nthree four"


def test_the_older_form_breaks_lines_by_a_mark_only() -> None:
    text = "My parcel\n\nis late.<nl>Where is it<comment>no idea</comment>?<lt>S>"
    assert enriched_to_text(text, older=True) == "My parcel is late.\nWhere is it?<S>"


def test_what_never_ends_is_read_once() -> None:
    assert enriched_to_text("<param>" * 50_000 + "gone") == ""
    assert len(enriched_to_text("<" * 100_000)) == 50_000
