-- Parked events are told again by the process that keeps their partition, where a consumer shares the log out.
DROP FUNCTION claim_parked_events(text[], integer, interval);

-- Takes events of some partitions that are to be tried again by one of these consumers, as the log would tell them.
-- They come back by themselves after `lease`. Locks the rows it takes and skips locked ones.
CREATE FUNCTION claim_parked_events(consumers text[], places smallint[], max_events integer, lease interval)
    RETURNS TABLE (id uuid, consumer text, "partition" smallint, "offset" bigint, workspace_id uuid, ticket_id uuid,
        seq bigint, public_seq bigint, type text, at timestamptz, actor_type text, actor_id uuid, data text)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    WITH picked AS (
        SELECT p.workspace_id, p.id FROM parked_events p
        WHERE p.retry_at <= now() AND p.consumer = ANY (consumers) AND p."partition" = ANY (places)
        ORDER BY p.retry_at, p."partition", p."offset" LIMIT max_events FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE parked_events p SET retry_at = now() + lease FROM picked k
        WHERE p.workspace_id = k.workspace_id AND p.id = k.id
        RETURNING p.*
    )
    SELECT c.id, c.consumer, c."partition", c."offset", e.workspace_id, e.ticket_id, e.seq,
        e.public_seq, e.type, e.at, e.actor_type, e.actor_id, e.data::text
    FROM claimed c
    JOIN events e ON e.workspace_id = c.workspace_id AND e.ticket_id = c.ticket_id AND e.seq = c.seq
    ORDER BY c."partition", c."offset"
$$;
CALL give_to_definer('claim_parked_events(text[], smallint[], integer, interval)');
