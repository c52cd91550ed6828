-- Topics that streams write, above all the changelogs of their tables: records by topic, partition and offset.
--
-- A compacted topic keeps the newest record of a key; a record without a value takes its key away. Any other
-- topic is a queue: what its reader has committed goes. They say nothing that Postgres does not know elsewhere,
-- belong to no workspace, and are reached by the functions below and in no other way.

CREATE TABLE stream_topics (
    topic text PRIMARY KEY CHECK (char_length(topic) BETWEEN 1 AND 200),
    partitions smallint NOT NULL CHECK (partitions BETWEEN 1 AND 256),
    compacted boolean NOT NULL
);

-- The newest offset that was given in each partition; rows that change all the time.
CREATE TABLE stream_heads (
    topic text NOT NULL REFERENCES stream_topics ON DELETE CASCADE,
    "partition" smallint NOT NULL,
    "offset" bigint NOT NULL,
    PRIMARY KEY (topic, "partition")
) WITH (fillfactor = 25);

CREATE TABLE stream_records (
    topic text NOT NULL REFERENCES stream_topics ON DELETE CASCADE,
    "partition" smallint NOT NULL,
    "offset" bigint NOT NULL,
    at timestamptz NOT NULL,
    compacted boolean NOT NULL,
    key bytea NOT NULL CHECK (octet_length(key) <= 1024),
    value bytea CHECK (octet_length(value) <= 1048576),
    PRIMARY KEY (topic, "partition", "offset")
);
CREATE UNIQUE INDEX stream_records_newest ON stream_records (topic, "partition", key) WHERE compacted;

DO $closed$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['stream_topics', 'stream_heads', 'stream_records'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY streams ON %I TO parley_definer USING (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO parley_definer', name);
    END LOOP;
END
$closed$;

-- Makes a topic that is missing, and returns what it is: another number of partitions than wanted is for the
-- caller to refuse.
CREATE FUNCTION declare_stream_topic(name text, wanted smallint, compact boolean)
    RETURNS TABLE (partitions smallint, compacted boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
BEGIN
    INSERT INTO stream_topics VALUES (name, wanted, compact) ON CONFLICT DO NOTHING;
    INSERT INTO stream_heads
        SELECT t.topic, n, 0 FROM stream_topics t, generate_series(0, t.partitions - 1) n WHERE t.topic = name
        ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT t.partitions, t.compacted FROM stream_topics t WHERE t.topic = name;
END
$$;

-- Appends records, in the order given within each partition, and returns their offsets in that order; locks
-- the heads that it raises. Where a queue would grow past max_records in a partition, nothing is appended and
-- no row returned.
CREATE FUNCTION append_stream_records(
    name text, places smallint[], ats timestamptz[], keys bytea[], contents bytea[], max_records bigint
) RETURNS TABLE (given bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
DECLARE
    compact boolean := (SELECT t.compacted FROM stream_topics t WHERE t.topic = name);
BEGIN
    PERFORM FROM stream_heads h WHERE h.topic = name AND h."partition" = ANY (places)
        ORDER BY h."partition" FOR UPDATE;
    IF NOT compact AND EXISTS (
        SELECT FROM (SELECT p, count(*) AS n FROM unnest(places) p GROUP BY p) added
        JOIN stream_heads h ON h.topic = name AND h."partition" = added.p
        WHERE h."offset" + added.n - max_records >= (
            SELECT r."offset" FROM stream_records r WHERE r.topic = name AND r."partition" = added.p
            ORDER BY r."offset" LIMIT 1)
    ) THEN
        RETURN;
    END IF;
    IF compact THEN
        DELETE FROM stream_records r USING (SELECT DISTINCT * FROM unnest(places, keys) AS k (place, key)) k
        WHERE r.topic = name AND r."partition" = k.place AND r.key = k.key AND r.compacted;
    END IF;
    RETURN QUERY
    WITH added AS (
        SELECT a.*, row_number() OVER (PARTITION BY a.place ORDER BY a.n) AS nth,
            lead(a.n) OVER (PARTITION BY a.place, a.key ORDER BY a.n) IS NULL AS newest
        FROM unnest(places, ats, keys, contents) WITH ORDINALITY AS a (place, at, key, value, n)
    ), heads AS (
        UPDATE stream_heads h SET "offset" = h."offset" + c.n
        FROM (SELECT place, count(*) AS n FROM added GROUP BY place) c
        WHERE h.topic = name AND h."partition" = c.place
        RETURNING h."partition" AS place, h."offset" - c.n AS before
    ), kept AS (
        INSERT INTO stream_records
        SELECT name, a.place, h.before + a.nth, a.at, compact, a.key, a.value
        FROM added a JOIN heads h USING (place)
        WHERE NOT compact OR (a.newest AND a.value IS NOT NULL)
    )
    SELECT h.before + a.nth FROM added a JOIN heads h USING (place) ORDER BY a.n;
END
$$;

-- The records above an offset in each of the given partitions, at most max_records a partition, in order: one
-- range of the primary key a partition.
CREATE FUNCTION read_stream_records(name text, partitions smallint[], above bigint[], max_records integer)
    RETURNS TABLE ("partition" smallint, "offset" bigint, at timestamptz, key bytea, value bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT r."partition", r."offset", r.at, r.key, r.value
    FROM unnest(partitions, above) AS p (place, above)
    CROSS JOIN LATERAL (
        SELECT * FROM stream_records s WHERE s.topic = name AND s."partition" = p.place AND s."offset" > p.above
        ORDER BY s."offset" LIMIT max_records
    ) r
    ORDER BY r."partition", r."offset"
$$;

-- The newest offset of each partition that can be read: of a compacted topic it is one that is still there.
CREATE FUNCTION list_stream_heads(name text) RETURNS TABLE ("partition" smallint, "offset" bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT h."partition", CASE WHEN t.compacted THEN coalesce((
            SELECT r."offset" FROM stream_records r WHERE r.topic = name AND r."partition" = h."partition"
            ORDER BY r."offset" DESC LIMIT 1), 0) ELSE h."offset" END
    FROM stream_heads h JOIN stream_topics t USING (topic) WHERE h.topic = name ORDER BY 1
$$;

-- Takes away what the reader of a queue is done with; of a compacted topic nothing.
CREATE FUNCTION trim_stream_records(name text, partitions smallint[], upto bigint[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    DELETE FROM stream_records r USING unnest(partitions, upto) AS p (place, upto)
    WHERE r.topic = name AND r."partition" = p.place AND r."offset" <= p.upto AND NOT r.compacted
$$;

DO $owners$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['declare_stream_topic(text, smallint, boolean)',
        'append_stream_records(text, smallint[], timestamptz[], bytea[], bytea[], bigint)',
        'read_stream_records(text, smallint[], bigint[], integer)', 'list_stream_heads(text)',
        'trim_stream_records(text, smallint[], bigint[])'] LOOP
        CALL give_to_definer(signature);
    END LOOP;
END
$owners$;
