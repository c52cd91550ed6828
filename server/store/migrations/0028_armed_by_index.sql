-- list_armed_clocks reads the index sla_targets_armed in its order. That no clock is asked for which is not armed
-- has to be said (the comparison of rows does not), and of how many are in some partitions the planner knows
-- nothing: it would read and sort the whole table for each page.
CREATE OR REPLACE FUNCTION list_armed_clocks(
    places smallint[], rang timestamptz, workspace uuid, ticket uuid, kind text, max_targets integer
) RETURNS TABLE (workspace_id uuid, ticket_id uuid, target text, next_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS
$$
    SELECT s.workspace_id, s.ticket_id, s.target, s.next_at FROM sla_targets s
    WHERE (s.next_at, s.workspace_id, s.ticket_id, s.target) > (rang, workspace, ticket, kind)
        AND s.next_at IS NOT NULL AND get_byte(uuid_send(s.ticket_id), 15) % 8 = ANY (places)
    ORDER BY s.next_at, s.workspace_id, s.ticket_id, s.target LIMIT max_targets
$$;
