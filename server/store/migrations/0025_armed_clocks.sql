-- The same page of armed clocks, of some partitions of the log only: what one of several processes that share
-- the clocks sets them by. A ticket's partition is its id's low three bits (server/domain/log.py).
CREATE FUNCTION list_armed_clocks(
    places smallint[], rang timestamptz, workspace uuid, ticket uuid, kind text, max_targets integer
) RETURNS TABLE (workspace_id uuid, ticket_id uuid, target text, next_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT s.workspace_id, s.ticket_id, s.target, s.next_at FROM sla_targets s
    WHERE (s.next_at, s.workspace_id, s.ticket_id, s.target) > (rang, workspace, ticket, kind)
        AND get_byte(uuid_send(s.ticket_id), 15) % 8 = ANY (places)
    ORDER BY s.next_at, s.workspace_id, s.ticket_id, s.target LIMIT max_targets
$$;
CALL give_to_definer('list_armed_clocks(smallint[], timestamptz, uuid, uuid, text, integer)');
