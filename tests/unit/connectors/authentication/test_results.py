"""Authentication-Results of a relay that is trusted by name."""

from connectors.authentication.results import read_results
from server.domain.authentication import Authentication

GENUINE = (
    "mx.desk.example; spf=pass (sender is (really) fine) smtp.mailfrom=shop.example; "
    "dkim=fail header.d=other.example; dkim=pass header.d=shop.example header.s=mail; "
    "dmarc=pass (p=REJECT sp=NONE dis=NONE) header.from=shop.example"
)


def test_the_trusted_relays_findings_are_taken() -> None:
    assert read_results([GENUINE], "MX.desk.example") == Authentication(
        "pass", "pass", "pass", "relay", "shop.example", True
    )


def test_a_header_of_another_name_is_nobodys_word() -> None:
    assert read_results([GENUINE.replace("mx.desk", "mx.evil")], "mx.desk.example") is None


def test_the_topmost_of_the_trusted_name_counts() -> None:
    forged = "mx.desk.example; dmarc=pass"
    genuine = "mx.desk.example; dmarc=fail (p=reject)"
    found = read_results([genuine, forged], "mx.desk.example")
    assert found is not None
    assert found.forged


def test_a_name_in_a_comment_is_no_name() -> None:
    assert read_results(["(mx.desk.example) evil.example; dmarc=pass"], "mx.desk.example") is None


def test_nothing_found_is_none_everywhere() -> None:
    assert read_results(["mx.desk.example; none"], "mx.desk.example") == Authentication(source="relay")


def test_a_monstrous_header_is_cut() -> None:
    found = read_results(["mx.desk.example; " + "(((" * 100_000], "mx.desk.example")
    assert found == Authentication(source="relay")
