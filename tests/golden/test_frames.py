"""The frames that the TypeScript side reads as well: each is one of ours, unchanged by a round trip."""

import json
from pathlib import Path

import msgspec
import pytest

from server.realtime.frames import ClientFrame, ServerFrame

FRAMES = Path(__file__).parent / "frames"


def ops(union: object) -> set[str]:
    return {kind.__struct_config__.tag for kind in union.__args__}


@pytest.mark.parametrize(("side", "union"), [("client", ClientFrame), ("server", ServerFrame)])
def test_every_frame_has_an_example(side: str, union: object) -> None:
    assert {path.name.split(".")[1] for path in FRAMES.glob(f"{side}.*.json")} == ops(union)


@pytest.mark.parametrize("path", sorted(FRAMES.glob("*.json")), ids=lambda path: path.stem)
def test_a_golden_frame_survives_a_round_trip(path: Path) -> None:
    side, op, _ = path.name.split(".")
    decoder = msgspec.json.Decoder(ClientFrame if side == "client" else ServerFrame)
    for example in json.loads(path.read_text()):
        frame = decoder.decode(json.dumps(example))
        written = json.loads(msgspec.json.encode(frame))
        assert frame.__struct_config__.tag == op
        assert {**written, **example} == written
        assert decoder.decode(json.dumps(written)) == frame
