"""The document that the declarations make."""

from __future__ import annotations

from typing import Any

from server.http.api import OPERATIONS
from server.http.openapi import document
from server.http.problem import STATUS
from server.http.reference import page

DOCUMENT = document(OPERATIONS, version="1", cookie="parley")


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        found = [value["$ref"]] if "$ref" in value else []
        return found + [one for part in value.values() for one in references(part)]
    if isinstance(value, list):
        return [one for part in value for one in references(part)]
    return []


def test_every_operation_is_described_once() -> None:
    described = [it["operationId"] for methods in DOCUMENT["paths"].values() for it in methods.values()]
    assert sorted(described) == sorted(it.name for it in OPERATIONS)
    assert len(set(described)) == len(described)


def test_every_reference_leads_somewhere() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert {ref.removeprefix("#/components/schemas/") for ref in references(DOCUMENT)} <= set(schemas)
    assert not any("[" in name or "." in name or name.endswith("_") for name in schemas)


def test_pages_have_names_that_people_would_give() -> None:
    answer = DOCUMENT["paths"]["/tickets"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/TicketPage")


def test_parameters_say_their_bounds() -> None:
    found = {p["name"]: p for p in DOCUMENT["paths"]["/tickets"]["get"]["parameters"]}
    assert found["page[size]"]["schema"]["maximum"] == 100
    assert found["status"]["explode"] is False
    assert set(found["status"]["schema"]["items"]["enum"]) >= {"new", "open"}


def test_the_routes_that_must_exist_do() -> None:
    wanted = {
        "post /tickets", "get /tickets/{id}", "put /tickets/{id}/status",
        "post /tickets/{id}/interactions", "put /tickets/{id}/assign", "get /agents/me/tickets",
        "get /knowledge-base/articles", "post /webhooks/inbound-email",
        "get /reports/sla-compliance",
    }  # fmt: skip
    assert wanted <= {f"{m} {path}" for path, methods in DOCUMENT["paths"].items() for m in methods}


def test_every_refusal_has_a_status() -> None:
    for methods in DOCUMENT["paths"].values():
        for it in methods.values():
            assert {"429", "503"} <= set(it["responses"])
    assert set(STATUS.values()) <= set(range(400, 504))


def test_the_reference_names_every_operation_and_loads_nothing_from_elsewhere() -> None:
    html = page(DOCUMENT)
    assert all(f'id="{it.name}"' in html for it in OPERATIONS)
    assert "<script" not in html and "http://" not in html and "https://" not in html
