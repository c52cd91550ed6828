"""Round trip: what is written and read again is the same frame, the same event.

Seen to fail when an instant is cut to the second on its way out.
"""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.events import Event, decode_event, encode_event
from server.realtime.frames import ClientFrame, ServerFrame, encode_frame, parse_frame
from tests.laws.budget import examples
from tests.laws.values import any_of

_server = msgspec.json.Decoder(ServerFrame)


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_an_event_is_read_as_it_was_written(kind: type[Any]) -> None:
    @given(any_of(kind))
    @examples(40)
    def law(event: Any) -> None:
        written = encode_event(event)
        assert decode_event(written) == event
        # as a jsonb column gives it back: keys sorted, spaces between
        assert (
            decode_event(msgspec.json.format(msgspec.json.encode(msgspec.json.decode(written)), indent=1))
            == event
        )

    law()


@pytest.mark.parametrize("kind", get_args(ClientFrame), ids=lambda kind: kind.__name__)
def test_what_a_client_says_is_understood(kind: type[Any]) -> None:
    @given(any_of(kind))
    @examples(40)
    def law(frame: Any) -> None:
        assert parse_frame(msgspec.json.encode(frame)) == frame

    law()


@pytest.mark.parametrize("kind", get_args(ServerFrame), ids=lambda kind: kind.__name__)
def test_what_the_server_says_is_understood_and_names_itself_first(kind: type[Any]) -> None:
    @given(any_of(kind))
    @examples(40)
    def law(frame: Any) -> None:
        payload = encode_frame(frame)
        assert _server.decode(payload) == frame
        assert payload.startswith(b'{"op":"%s"' % kind.__struct_config__.tag.encode())

    law()


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
@examples(300)
def test_anything_else_is_refused_and_nothing_worse(payload: bytes) -> None:
    try:
        parse_frame(payload)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return
