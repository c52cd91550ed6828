-- The log: every committed event once more, in one dense order per partition, and who has read how far.
--
-- The writer leaves a row in log_pending with each transaction. One sequencer takes what is committed and
-- numbers it. Readers see across workspaces, through the functions below and in no other way.

-- An identity is drawn after the writer has locked its tickets, so of two batches that touch one ticket the
-- later has the higher arrival, and whoever sees the later sees the earlier: taking the lowest arrivals
-- first keeps every ticket's order even when a turn is bounded. (A clock or a UUID could not promise that.)
ALTER TABLE log_pending DROP CONSTRAINT log_pending_pkey;
ALTER TABLE log_pending ADD COLUMN arrival bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
-- Truncating an emptied queue takes a lock that stops writers; its few pages are used again instead.
ALTER TABLE log_pending SET (vacuum_truncate = false);

CREATE TABLE log (
    "partition" smallint NOT NULL,
    "offset" bigint NOT NULL,
    workspace_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    seq bigint NOT NULL,
    clock boolean NOT NULL,
    PRIMARY KEY ("partition", "offset")
);
-- What the SLA clocks read: a small part of the log, found without walking over the rest.
CREATE INDEX log_clock ON log ("partition", "offset") WHERE clock;

-- The newest offset of each partition. Eight rows that change all the time: room for heap-only updates.
CREATE TABLE log_heads (
    "partition" smallint PRIMARY KEY,
    "offset" bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log_heads SELECT n, 0 FROM generate_series(0, 7) n;

-- How far each consumer has come: the last offset it is done with. Says nothing about any workspace.
CREATE TABLE consumer_offsets (
    consumer text NOT NULL,
    "partition" smallint NOT NULL,
    "offset" bigint NOT NULL,
    PRIMARY KEY (consumer, "partition")
) WITH (fillfactor = 25);

-- Events that a consumer could not digest and has passed over, for an admin to look at.
CREATE TABLE parked_events (
    workspace_id uuid NOT NULL,
    consumer text NOT NULL,
    "partition" smallint NOT NULL,
    "offset" bigint NOT NULL,
    ticket_id uuid NOT NULL,
    seq bigint NOT NULL,
    reason text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, consumer, "partition", "offset")
);
CALL guard('parked_events');

DO $closed$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['log', 'log_heads', 'consumer_offsets'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    END LOOP;
END
$closed$;
CREATE POLICY number ON log TO parley_definer USING (true);
CREATE POLICY number ON log_heads TO parley_definer USING (true);
CREATE POLICY number ON log_pending TO parley_definer USING (true);
CREATE POLICY read_log ON events FOR SELECT TO parley_definer USING (true);
CREATE POLICY consumers ON consumer_offsets TO parley_app USING (true);
CREATE POLICY list_armed ON sla_targets FOR SELECT TO parley_definer USING (true);
GRANT SELECT, INSERT ON log TO parley_definer;
GRANT SELECT, UPDATE ON log_heads TO parley_definer;
GRANT SELECT, DELETE ON log_pending TO parley_definer;
GRANT SELECT ON events, sla_targets TO parley_definer;
GRANT SELECT, INSERT, UPDATE ON consumer_offsets TO parley_app;

-- Numbers up to max_batches of what is pending and returns how many batches and events that were. Locks the
-- heads of the partitions it raises, so that two callers, which the sequencer's election rules out, would
-- wait for each other.
CREATE FUNCTION number_log(max_batches integer) RETURNS TABLE (batches bigint, events bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
BEGIN
    RETURN QUERY
    WITH taken AS (
        DELETE FROM log_pending
        WHERE arrival = ANY (ARRAY(SELECT p.arrival FROM log_pending p ORDER BY p.arrival LIMIT max_batches))
        RETURNING workspace_id, partitions, ticket_ids, seqs, clocks
    ), entries AS (
        SELECT e.place, t.workspace_id, e.ticket_id, e.seq, e.clock,
            row_number() OVER (PARTITION BY e.place ORDER BY e.ticket_id, e.seq) AS n
        FROM taken t, unnest(t.partitions, t.ticket_ids, t.seqs, t.clocks) AS e (place, ticket_id, seq, clock)
    ), heads AS (
        UPDATE log_heads h SET "offset" = h."offset" + c.n
        FROM (SELECT place, count(*) AS n FROM entries GROUP BY place) c
        WHERE h."partition" = c.place
        RETURNING h."partition" AS place, h."offset" - c.n AS before
    ), numbered AS (
        INSERT INTO log ("partition", "offset", workspace_id, ticket_id, seq, clock)
        SELECT e.place, h.before + e.n, e.workspace_id, e.ticket_id, e.seq, e.clock
        FROM entries e JOIN heads h USING (place) ORDER BY 1, 2
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM numbered);
END
$$;

CREATE FUNCTION list_log_heads() RETURNS TABLE ("partition" smallint, "offset" bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT "partition", "offset" FROM log_heads ORDER BY "partition"
$$;

-- The events above an offset in each of the given partitions, at most max_events a partition, in order.
-- One range of log's primary key a partition, one look-up in events' for each event.
CREATE FUNCTION read_log(partitions smallint[], above bigint[], max_events integer)
    RETURNS TABLE ("partition" smallint, "offset" bigint, workspace_id uuid, ticket_id uuid, seq bigint,
        public_seq bigint, type text, at timestamptz, actor_type text, actor_id uuid, data text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT l."partition", l."offset", e.workspace_id, e.ticket_id, e.seq,
        e.public_seq, e.type, e.at, e.actor_type, e.actor_id, e.data::text
    FROM unnest(partitions, above) AS p (place, above)
    CROSS JOIN LATERAL (
        SELECT * FROM log WHERE log."partition" = p.place AND log."offset" > p.above
        ORDER BY log."partition", log."offset" LIMIT max_events
    ) l
    JOIN events e ON e.workspace_id = l.workspace_id AND e.ticket_id = l.ticket_id AND e.seq = l.seq
    ORDER BY l."partition", l."offset"
$$;

-- The same for the events that change a clock, by the index log_clock.
CREATE FUNCTION read_clock_log(partitions smallint[], above bigint[], max_events integer)
    RETURNS TABLE ("partition" smallint, "offset" bigint, workspace_id uuid, ticket_id uuid, seq bigint,
        public_seq bigint, type text, at timestamptz, actor_type text, actor_id uuid, data text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT l."partition", l."offset", e.workspace_id, e.ticket_id, e.seq,
        e.public_seq, e.type, e.at, e.actor_type, e.actor_id, e.data::text
    FROM unnest(partitions, above) AS p (place, above)
    CROSS JOIN LATERAL (
        SELECT * FROM log WHERE clock AND log."partition" = p.place AND log."offset" > p.above
        ORDER BY log."partition", log."offset" LIMIT max_events
    ) l
    JOIN events e ON e.workspace_id = l.workspace_id AND e.ticket_id = l.ticket_id AND e.seq = l.seq
    ORDER BY l."partition", l."offset"
$$;

-- A page of the running targets after the given one, in due order, by the index sla_targets_armed.
CREATE FUNCTION list_armed_targets(due timestamptz, workspace uuid, ticket uuid, kind text, before timestamptz, max_targets integer)
    RETURNS TABLE (workspace_id uuid, ticket_id uuid, target text, due_at timestamptz, warn_at timestamptz, warned_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT s.workspace_id, s.ticket_id, s.target, s.due_at, s.warn_at, s.warned_at FROM sla_targets s
    WHERE s.met_at IS NULL AND s.breached_at IS NULL AND s.paused_at IS NULL AND s.stopped_at IS NULL
        AND (s.due_at, s.workspace_id, s.ticket_id, s.target) > (due, workspace, ticket, kind)
        AND s.due_at <= before
    ORDER BY s.due_at, s.workspace_id, s.ticket_id, s.target LIMIT max_targets
$$;

DO $owners$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['number_log(integer)', 'list_log_heads()',
        'read_log(smallint[], bigint[], integer)', 'read_clock_log(smallint[], bigint[], integer)',
        'list_armed_targets(timestamptz, uuid, uuid, text, timestamptz, integer)'] LOOP
        CALL give_to_definer(signature);
    END LOOP;
END
$owners$;
