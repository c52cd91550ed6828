"""I4: what the application's role can reach, read from the catalogue, so that new tables are seen.

Every table of a workspace has row-level security on and forced; every function that sees across workspaces
is listed here by name.
"""

from __future__ import annotations

import asyncpg
import pytest

from server.clock import new_id
from server.store.pool import Store
from tests.conftest import Database
from tests.people import settle

# Each was looked at: it returns a few rows by a unique key, or numbers, or is Parley's own machinery.
ACROSS = {
    "find_api_token",
    "find_article_workspace",
    "find_articles",
    "find_attachment_workspace",
    "find_inbox_by_address",
    "find_inbox_workspace",
    "find_session",
    "find_sign_ins",
    "find_tickets",
    "list_workspaces",
    # the log and the clocks: ids and numbers, no texts
    "list_armed_clocks",
    "list_armed_targets",
    "list_sla_applications",
    "list_sla_trials",
    "list_log_heads",
    "list_log_places",
    "number_log",
    "read_clock_log",
    "read_log",
    # topics of the streams themselves: what they make and read again
    "append_stream_records",
    "declare_stream_topic",
    "list_stream_heads",
    "read_stream_records",
    "trim_stream_records",
    # mail's queues: which work is due
    "claim_mails",
    "claim_letters",
    "claim_outgoing",
    "list_fetched_inboxes",
    # agents: who is no longer connected, who was notified
    "fetch_last_arrival",
    "list_notified",
    "reap_connected_agents",
    "release_mails",
    # webhooks and parked events: which work is due, ids and the log's own
    "claim_parked_events",
    "claim_webhook_deliveries",
}
# No workspace's rows: which migrations ran, how far the log and its readers are.
SHARED = {"schema_migrations", "log_heads", "consumer_offsets"}
SHARED |= {"stream_topics", "stream_heads", "stream_records"}
# Found by their place in the log, or by their own id until they have one; the application reads neither.
OTHER_KEYS = {"log", "log_pending"}


@pytest.fixture
async def owner(database: Database) -> asyncpg.Connection:  # type: ignore[misc]
    connection = await asyncpg.connect(database.owner_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def app(database: Database) -> asyncpg.Connection:  # type: ignore[misc]
    connection = await asyncpg.connect(database.app_dsn, server_settings={"role": "parley_app"})
    yield connection
    await connection.close()


TABLES = """
SELECT c.relname AS name, c.relrowsecurity AS on, c.relforcerowsecurity AS forced,
       pg_get_userbyid(c.relowner) AS owner,
       EXISTS (SELECT FROM pg_attribute a
               WHERE a.attrelid = c.oid AND a.attname = 'workspace_id') AS of_workspace
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
"""
"""Every table, partitions included."""


async def test_every_table_of_a_workspace_has_its_rows_guarded(owner: asyncpg.Connection) -> None:
    tables = await owner.fetch(TABLES)
    assert len(tables) > 20
    unguarded = [t["name"] for t in tables if not (t["on"] and t["forced"])]
    assert [t["name"] for t in tables if t["of_workspace"] and t["name"] in unguarded] == []
    assert {t["name"] for t in tables if not t["of_workspace"]} <= SHARED | {"workspaces"}
    assert set(unguarded) <= SHARED, "a table without a workspace: say here why that is right"
    assert {t["owner"] for t in tables}.isdisjoint({"parley_app", "parley_definer"})


async def test_every_key_begins_with_the_workspace(owner: asyncpg.Connection) -> None:
    keys = await owner.fetch(
        """
        SELECT c.relname AS name, a.attname AS first FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        WHERE k.contype = 'p' AND c.relnamespace = 'public'::regnamespace
            AND EXISTS (SELECT FROM pg_attribute w WHERE w.attrelid = c.oid AND w.attname = 'workspace_id')
        """
    )
    assert {k["name"] for k in keys if k["first"] != "workspace_id"} <= OTHER_KEYS


async def test_the_application_cannot_bypass_what_guards_it(app: asyncpg.Connection) -> None:
    me = await app.fetchrow("SELECT * FROM pg_roles WHERE rolname = current_user")
    assert me["rolname"] == "parley_app"
    assert not (me["rolsuper"] or me["rolbypassrls"] or me["rolcreaterole"] or me["rolcreatedb"])
    definer = await app.fetchrow("SELECT * FROM pg_roles WHERE rolname = 'parley_definer'")
    assert not (definer["rolsuper"] or definer["rolbypassrls"] or definer["rolcanlogin"])
    assert not await app.fetchval("SELECT pg_has_role('parley_app', 'parley_definer', 'MEMBER')")
    for statement in (
        "SET row_security = off; SELECT count(*) FROM tickets",
        "SET ROLE parley_definer",
        "SET SESSION AUTHORIZATION DEFAULT; SET ROLE postgres",
        "ALTER TABLE tickets DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON tickets USING (true)",
        "ALTER TABLE tickets OWNER TO parley_app",
        "CREATE TABLE public.mine ()",
        "TRUNCATE tickets",
        "COPY tickets TO PROGRAM 'cat'",
        "SELECT pg_read_file('PG_VERSION')",
    ):
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with app.transaction():
                await app.execute(statement)
        assert refused.value.sqlstate in ("42501", "42704", "22023"), (statement, refused.value)


async def test_without_a_workspace_there_are_no_rows(store: Store, app: asyncpg.Connection) -> None:
    desk = await settle(store)
    readable = [
        name
        for name in [t["name"] for t in await app.fetch(TABLES)]
        if name not in SHARED and await app.fetchval("SELECT has_table_privilege($1, 'SELECT')", name)
    ]
    assert len(readable) > 20 and "log" not in readable
    for name in readable:
        assert await app.fetchval(f'SELECT count(*) FROM "{name}"') == 0, name
    async with app.transaction():
        await app.execute(f"SET LOCAL parley.workspace_id = '{desk.other_workspace_id}'")
        assert await app.fetchval("SELECT array_agg(name) FROM agents") == ["Charlie"]
        assert await app.fetchval("SELECT count(*) FROM inboxes") == 0
        assert await app.execute("UPDATE agents SET name = 'Mallory' WHERE name <> 'Charlie'") == "UPDATE 0"
        assert await app.execute("DELETE FROM customers") == "DELETE 0"
    assert await app.fetchval("SELECT count(*) FROM agents") == 0, "the workspace ends with its transaction"


async def test_nothing_can_be_written_into_another_workspace(store: Store) -> None:
    desk = await settle(store)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with store.write(desk.other_workspace_id) as db:
            await db.execute(
                "INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, 'x')", desk.workspace_id, new_id()
            )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with store.write(desk.other_workspace_id) as db:
            await db.execute("UPDATE agents SET workspace_id = $1", desk.workspace_id)


async def test_what_sees_across_workspaces_is_known_by_name(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        """
        SELECT p.proname AS name, p.proconfig AS config, pg_get_userbyid(p.proowner) AS owner,
               has_function_privilege('parley_app', p.oid, 'EXECUTE') AS app,
               EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                       WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE') AS everybody
        FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace
        """
    )
    assert {row["name"] for row in rows} == ACROSS, "a new one: look at what it gives away"
    for row in rows:
        assert row["owner"] == "parley_definer", row["name"]
        assert "search_path=pg_catalog, public, pg_temp" in row["config"], row["name"]
        planning = {one for one in row["config"] if one.startswith("enable_")}
        assert len(planning) + 1 == len(row["config"]), row["name"]
        assert row["app"] and not row["everybody"], row["name"]


async def test_policies_are_only_for_the_two_roles(owner: asyncpg.Connection) -> None:
    policies = await owner.fetch(
        "SELECT tablename, policyname, roles, qual FROM pg_policies WHERE schemaname = 'public'"
    )
    assert {role for policy in policies for role in policy["roles"]} <= {"parley_app", "parley_definer"}
    for policy in policies:
        if "parley_app" in policy["roles"] and policy["tablename"] not in SHARED:
            assert "parley.workspace_id" in policy["qual"], policy["tablename"]
