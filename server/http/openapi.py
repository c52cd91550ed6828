"""The OpenAPI 3.1 document, from the declarations that serve the requests. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args, get_type_hints

import msgspec

from server.http.decoding import is_list
from server.http.operation import Audience, Operation, documented_refusals
from server.http.problem import CONTENT_TYPE, STATUS, Problem

_REF = "#/components/schemas/{name}"
JSON = dict[str, Any]

_SECURITY: Mapping[Audience, list[JSON]] = {
    Audience.DESK: [{"token": []}, {"session": [], "csrf": []}],
    Audience.WIDGET: [{"visitor": []}],
    Audience.ANYONE: [],
}


def document(operations: Sequence[Operation], *, version: str, cookie: str) -> JSON:
    """The whole document."""
    types = _types(operations)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type = dict(zip(map(_identity, types), schemas, strict=True))
    paths: JSON = {}
    for it in operations:
        paths.setdefault(it.path, {})[it.method.lower()] = _operation(it, by_type)
    sections = sorted({it.section for it in operations})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Parley",
            "version": version,
            "description": (
                "The desk over HTTP. Lists are cursor pages; problems follow RFC 9457; every POST "
                "honours `Idempotency-Key`; edits honour `If-Match`."
            ),
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": "/api/v1"}],
        "tags": [{"name": section_title(name)} for name in sections],
        "paths": paths,
        "components": {
            "schemas": _renamed(components),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "visitor": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": cookie},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
            },
        },
    }


def _identity(kind: Any) -> str:
    return repr(kind)


def section_title(name: str) -> str:
    """What a module of operations is called in the document."""
    return {
        "sla_policies": "SLA policies",
        "sla_explanations": "SLA explanations",
        "sla_trials": "SLA trials",
        "openapi": "OpenAPI",
    }.get(name, name.replace("_", " ").capitalize())


def _types(operations: Iterable[Operation]) -> list[Any]:
    """Every type that is sent or answered, once."""
    found: dict[str, Any] = {_identity(Problem): Problem}
    for it in operations:
        for kind in (it.body_type, *it.answers.values()):
            if kind not in (None, bytes):
                found.setdefault(_identity(kind), kind)
        for hint, _ in _fields(it.path_type) + _fields(it.query_type):
            found.setdefault(_identity(hint), hint)
    return list(found.values())


def _fields(kind: type[msgspec.Struct] | None) -> list[tuple[Any, msgspec.structs.FieldInfo]]:
    if kind is None:
        return []
    hints = get_type_hints(kind, include_extras=True)
    return [(_present(hints[field.name]), field) for field in msgspec.structs.fields(kind)]


def _present(hint: Any) -> Any:
    """A parameter's type when it is given: `X | None` is an X that may be left out."""
    if type(None) not in get_args(hint):
        return hint
    left = [part for part in get_args(hint) if part is not type(None)]
    union: Any = left[0]
    for part in left[1:]:
        union = union | part
    return union


def _operation(it: Operation, by_type: Mapping[str, JSON]) -> JSON:
    parameters = [_parameter("path", *field, by_type) for field in _fields(it.path_type)]
    parameters += [_parameter("query", *field, by_type) for field in _fields(it.query_type)]
    parameters += _header_parameters(it)
    described: JSON = {
        "operationId": it.name,
        "summary": it.summary,
        "tags": [section_title(it.section)],
        "security": _SECURITY[it.audience],
        "responses": _responses(it, by_type),
    }
    if it.description:
        described["description"] = it.description
    if parameters:
        described["parameters"] = parameters
    if (content := _request_content(it, by_type)) is not None:
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameter(place: str, hint: Any, field: msgspec.structs.FieldInfo, by_type: Mapping[str, JSON]) -> JSON:
    schema = dict(by_type[_identity(hint)])
    parameter: JSON = {"name": field.encode_name, "in": place, "required": place == "path"}
    if description := schema.pop("description", None):
        parameter["description"] = description
    if field.default not in (msgspec.NODEFAULT, None):
        schema["default"] = field.default
    if is_list(hint):
        parameter |= {"style": "form", "explode": False}
        schema.pop("default", None)
    parameter["schema"] = _references(schema)
    if place == "query":
        parameter["required"] = field.required
    return parameter


def _header_parameters(it: Operation) -> list[JSON]:
    headers: list[tuple[str, str, JSON]] = []
    if it.keyed:
        bounds = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
        headers.append(("Idempotency-Key", "A repeat with it returns the first result.", bounds))
    if it.tagged and it.changes and it.method != "POST":
        headers.append(("If-Match", "The ETag that the edit is based on.", {"type": "string"}))
    if it.tagged and not it.changes:
        headers.append(("If-None-Match", "An ETag known already.", {"type": "string"}))
    return [
        {"name": name, "in": "header", "required": False, "description": text, "schema": schema}
        for name, text, schema in headers
    ]


def _request_content(it: Operation, by_type: Mapping[str, JSON]) -> JSON | None:
    if it.takes_upload:
        file = {"type": "string", "contentMediaType": "application/octet-stream"}
        form = {"type": "object", "properties": {"file": file}, "required": ["file"]}
        return {"multipart/form-data": {"schema": form}}
    if it.body_type is bytes:
        return {kind: {"schema": {}} for kind in it.media_types}
    if it.body_type is None:
        return None
    schema = _references(by_type[_identity(it.body_type)])
    return {kind: {"schema": schema} for kind in it.media_types}


def _responses(it: Operation, by_type: Mapping[str, JSON]) -> JSON:
    responses: JSON = {}
    for status, kind in it.answers.items():
        answer: JSON = {"description": it.summary}
        if kind is bytes:
            answer["content"] = {"*/*": {}}
        elif kind is not None:
            schema = _references(by_type[_identity(kind)])
            answer["content"] = {"application/json": {"schema": schema}} | {other: {} for other in it.also_as}
            if it.tagged:
                answer["headers"] = {"ETag": {"schema": {"type": "string"}}}
        responses[str(status)] = answer
    if it.tagged and not it.changes:
        responses["304"] = {"description": "What the client has is current"}
    problem = {CONTENT_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}}
    by_status: dict[int, list[str]] = {}
    for code in sorted(documented_refusals(it)):
        by_status.setdefault(STATUS[code], []).append(code)
    for status, codes in sorted(by_status.items()):
        named = ", ".join(f"`{code}`" for code in codes)
        responses[str(status)] = {"description": f"Refused: {named}", "content": problem}
    return responses


_GENERIC = re.compile(r"^Page_(\w+?)_$")


def _renamed(components: Mapping[str, JSON]) -> JSON:
    """The schemas, with pages of things named `Things` as people would: `TicketPage`."""
    return {_name(name): _references(schema) for name, schema in components.items()}


def _name(name: str) -> str:
    return _GENERIC.sub(r"\1Page", name)


def _references(schema: Any) -> Any:
    """The same schema, with references by the new names."""
    if isinstance(schema, dict):
        return {
            key: _REF.format(name=_name(value.rpartition("/")[2])) if key == "$ref" else _references(value)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_references(part) for part in schema]
    return schema
