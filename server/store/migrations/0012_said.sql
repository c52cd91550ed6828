-- What is merely said, the most frequent command by far, becomes one statement, and leaves less behind.

-- Whoever knows an interaction's id knows its ticket too: the primary key finds it, and one index less is kept.
DROP INDEX interactions_id;
-- A repeat is compared with what was said the first time, not with a digest of it.
ALTER TABLE interactions DROP COLUMN client_digest;

-- A ticket's partition follows from its id (server/domain/log.py), and few events change a clock. Ids do not
-- compress: trying cost more than writing them.
ALTER TABLE log_pending DROP COLUMN "partitions", ALTER COLUMN clocks DROP NOT NULL,
    ALTER COLUMN ticket_ids SET STORAGE EXTERNAL, ALTER COLUMN seqs SET STORAGE EXTERNAL;

CREATE OR REPLACE FUNCTION number_log(max_batches integer) RETURNS TABLE (batches bigint, events bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
BEGIN
    RETURN QUERY
    WITH taken AS (
        DELETE FROM log_pending
        WHERE arrival = ANY (ARRAY(SELECT p.arrival FROM log_pending p ORDER BY p.arrival LIMIT max_batches))
        RETURNING workspace_id, ticket_ids, seqs, clocks
    ), entries AS (
        SELECT p.place, t.workspace_id, e.ticket_id, e.seq, coalesce(e.clock, false) AS clock,
            row_number() OVER (PARTITION BY p.place ORDER BY e.ticket_id, e.seq) AS n
        FROM taken t, unnest(t.ticket_ids, t.seqs, t.clocks) AS e (ticket_id, seq, clock),
            LATERAL (SELECT (get_byte(uuid_send(e.ticket_id), 15) & 7)::smallint) AS p (place)
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

-- Appends what was said in tickets whose state the caller knows (ids, and the seq they had), in one transaction
-- of one round trip, under row-level security like any statement of the caller. Returns the tickets that are
-- not as the caller believes: nothing is written of them. All are when the desk has another version.
-- Raises unique_violation for a client id that was used before, and then nothing at all is written.
-- Locks the tickets in the order they are given: by id, as every writer does (primary key).
CREATE FUNCTION record_said(for_workspace uuid, desk_version bigint, batch uuid, said_at timestamptz,
        known uuid[], known_seqs bigint[], next_seqs bigint[], next_public_seqs bigint[],
        in_tickets uuid[], as_seqs bigint[], as_public_seqs bigint[], by_agents boolean[], by_ids uuid[], ids uuid[],
        notes boolean[], contents text[], htmls text[], as_client_ids text[], as_client_keys bytea[])
    RETURNS uuid[] LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan
    SET enable_hashjoin = off SET enable_mergejoin = off AS
$$
DECLARE
    moved uuid[];
    stale uuid[] := '{}';
BEGIN
    PERFORM set_config('parley.workspace_id', for_workspace::text, true);
    IF (SELECT config_version FROM workspaces WHERE id = for_workspace) IS DISTINCT FROM desk_version THEN
        RETURN known;
    END IF;
    WITH raised AS (
        UPDATE tickets t SET seq = n.seq, public_seq = n.public_seq, updated_at = said_at
        FROM unnest(known, known_seqs, next_seqs, next_public_seqs) AS n (id, known_seq, seq, public_seq)
        WHERE t.workspace_id = for_workspace AND t.id = n.id AND t.seq = n.known_seq
        RETURNING t.id
    )
    SELECT array_agg(id) INTO moved FROM raised;
    IF cardinality(moved) IS DISTINCT FROM cardinality(known) THEN
        stale := ARRAY(SELECT unnest(known) EXCEPT SELECT unnest(moved));
    END IF;
    WITH happened AS MATERIALIZED (
        SELECT ticket_id, seq, public_seq, CASE WHEN by_agent THEN 'agent' ELSE 'customer' END AS who, who_id, id,
            CASE WHEN note THEN 'note' ELSE 'message' END AS kind, content, content_html, client_id, client_key
        FROM unnest(in_tickets, as_seqs, as_public_seqs, by_agents, by_ids, ids, notes, contents, htmls,
                    as_client_ids, as_client_keys)
            AS h (ticket_id, seq, public_seq, by_agent, who_id, id, note, content, content_html, client_id, client_key)
        WHERE ticket_id <> ALL (stale)
    ), said AS (
        INSERT INTO interactions (workspace_id, ticket_id, seq, public_seq, id, author_type, author_id, type, content,
                                  content_html, client_id, client_key, created_at)
        SELECT for_workspace, ticket_id, seq, public_seq, id, who, who_id, kind, content,
               content_html, client_id, client_key, said_at
        FROM happened
    ), events AS (
        INSERT INTO events (workspace_id, ticket_id, seq, public_seq, type, at, actor_type, actor_id, data)
        SELECT for_workspace, ticket_id, seq, public_seq, 'interaction_added', said_at, who, who_id,
               jsonb_build_object('type', 'interaction_added', 'interaction_id', id, 'interaction_type', kind)
        FROM happened
    )
    INSERT INTO log_pending (batch_id, workspace_id, ticket_ids, seqs)
    SELECT batch, for_workspace, array_agg(ticket_id), array_agg(seq) FROM happened HAVING count(*) > 0;
    RETURN stale;
END
$$;
REVOKE ALL ON FUNCTION record_said FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_said TO parley_app;
