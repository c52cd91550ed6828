"""The token of a visitor: ours are believed while they last, and nothing else is; PyJWT is the judge."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest

from server.queries import visitor_token
from server.queries.visitor_token import AUDIENCE, ISSUER, LASTS, Visit, sign_visit, visitor_key

KEY = visitor_key(b"k" * 32)
VISIT = Visit(UUID(int=1), UUID(int=2))
NOW = datetime.now(UTC)
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": str(VISIT.visitor_id),
    "workspace": str(VISIT.workspace_id),
    "iat": NOW,
    "exp": NOW + LASTS,
}


def token(key: Any = KEY, algorithm: str = "HS256", without: str = "", **changed: Any) -> str:
    claims = {name: value for name, value in (CLAIMS | changed).items() if name != without}
    return jwt.encode(claims, key, algorithm=algorithm)


def verify_visit(key: bytes, shown: str) -> Visit | None:
    return visitor_token.verify_visit(key, shown, NOW.timestamp())


def test_our_own_token_names_the_visit_and_is_what_pyjwt_would_sign() -> None:
    assert sign_visit(KEY, VISIT, NOW) == token()
    assert verify_visit(KEY, token()) == VISIT


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "iat", "exp", "workspace"])
def test_a_token_that_lacks_a_claim_is_nobodys(claim: str) -> None:
    assert verify_visit(KEY, token(without=claim)) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "somebody"},
        {"aud": "parley.api"},
        {"aud": [AUDIENCE]},
        {"sub": "2"},
        {"sub": ""},
        {"workspace": "1"},
        {"exp": NOW - timedelta(seconds=1)},
        {"iat": NOW + timedelta(minutes=5)},
        {"exp": "soon"},
        {"nbf": NOW + timedelta(hours=1)},
    ],
)
def test_a_token_that_says_something_else_is_nobodys(changed: dict[str, Any]) -> None:
    if isinstance(changed.get("exp"), str):
        forged = jwt.api_jws.encode(
            b'{"iss":"parley","aud":"parley.widget","sub":"%s","workspace":"%s","iat":1,"exp":"soon"}'
            % (str(VISIT.visitor_id).encode(), str(VISIT.workspace_id).encode()),
            KEY,
            "HS256",
        )
        assert verify_visit(KEY, forged) is None
        return
    assert verify_visit(KEY, token(**changed)) is None


def test_another_key_or_algorithm_signs_nothing() -> None:
    assert verify_visit(KEY, token(visitor_key(b"x" * 32))) is None
    assert verify_visit(KEY, token(algorithm="HS384")) is None
    assert verify_visit(KEY, token(key=None, algorithm="none")) is None


def test_a_changed_byte_anywhere_is_seen() -> None:
    good = token()
    for at, byte in enumerate(good):
        other = "A" if byte != "A" else "B"
        assert verify_visit(KEY, good[:at] + other + good[at + 1 :]) is None, at


def test_a_signature_has_one_spelling() -> None:
    signed, _, signature = token().rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "=")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same = [
        spelled
        for last in alphabet
        if base64.urlsafe_b64decode((spelled := signature[:-1] + last) + "=") == raw and spelled != signature
    ]
    assert same
    for spelled in [*same, signature + "=", signature + "\n", f" {signature}"]:
        assert verify_visit(KEY, f"{signed}.{spelled}") is None


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.é.é", "\0", "." * 5000, "x" * 5000])
def test_anything_else_is_nobodys(text: str) -> None:
    assert verify_visit(KEY, text) is None
