"""A customer who turns out to be another: over HTTP, on a real database."""

from __future__ import annotations

from pathlib import Path

from server.store.fold import compare_all
from server.store.pool import Store
from tests.http_desk import serving


async def test_what_was_one_customers_becomes_the_others(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        body = {"subject": "S", "description": "From home", "customer": {"email": "Carla@home.test"}}
        ticket = (await desk.bob.post("/tickets", body)).json()
        at_home, carla = ticket["customer_id"], str(desk.people.carla.id)
        merged = await desk.bob.post(f"/customers/{at_home}/merge", {"into": carla})
        assert merged.status_code == 200, merged.text
        assert [one["email"] for one in merged.json()["addresses"]] == ["carla@home.test"]
        now = (await desk.bob.get(f"/tickets/{ticket['id']}")).json()
        assert (now["customer_id"], now["seq"]) == (carla, ticket["seq"] + 1)
        said = (await desk.bob.get(f"/tickets/{ticket['id']}/interactions")).json()["data"]
        assert [one["author_id"] for one in said] == [carla]
        [*_, event] = (await desk.bob.get(f"/tickets/{ticket['id']}/events")).json()["data"]
        assert (event["type"], event["data"]["by"]) == ("customer_changed", str(desk.people.bob.id))
        assert (await desk.bob.get(f"/customers/{at_home}")).status_code == 404
        again = (await desk.bob.post("/tickets", body)).json()
        assert again["customer_id"] == carla, "the further address is theirs"
        async for page in compare_all(store, desk.people.workspace_id):
            assert all(compared.same for compared in page)


async def test_merging_again_is_harmless_and_elsewhere_or_with_oneself_refused(
    store: Store, tmp_path: Path
) -> None:
    async with serving(store, tmp_path) as desk:
        carla, vic = str(desk.people.carla.id), str(desk.people.vic.id)
        other = (await desk.bob.post("/customers", {"name": "C", "email": "c@x.test"})).json()["id"]
        for _ in range(2):
            assert (await desk.bob.post(f"/customers/{other}/merge", {"into": carla})).status_code == 200
        assert (await desk.bob.post(f"/customers/{other}/merge", {"into": vic})).status_code == 409
        assert (await desk.bob.post(f"/customers/{vic}/merge", {"into": other})).status_code == 409
        assert (await desk.bob.post(f"/customers/{carla}/merge", {"into": carla})).status_code == 422


async def test_participants_are_set_shown_and_dropped(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        body = {"subject": "S", "description": "x", "customer": {"email": "carla@customer.test"}}
        path = f"/tickets/{(await desk.bob.post('/tickets', body)).json()['id']}"
        emails = ["Ben@customer.test", "carla@customer.test", "ben@customer.test", "dora@x.test"]
        answer = await desk.bob.put(f"{path}/participants", {"emails": emails})
        assert answer.status_code == 200, answer.text
        shown = (await desk.bob.get(path)).json()["participants"]
        assert [one["email"] for one in shown] == ["ben@customer.test", "dora@x.test"]
        await desk.bob.put(f"{path}/participants", {"emails": ["dora@x.test"]})
        shown = (await desk.bob.get(path)).json()["participants"]
        assert [one["email"] for one in shown] == ["dora@x.test"]
