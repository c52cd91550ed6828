-- Who only follows the log needs to know where something happened, not what: no look-up in events.
CREATE FUNCTION list_log_places(partitions smallint[], above bigint[], max_events integer)
    RETURNS TABLE ("partition" smallint, "offset" bigint, workspace_id uuid, ticket_id uuid, seq bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT l."partition", l."offset", l.workspace_id, l.ticket_id, l.seq
    FROM unnest(partitions, above) AS p (place, above)
    CROSS JOIN LATERAL (
        SELECT * FROM log WHERE log."partition" = p.place AND log."offset" > p.above
        ORDER BY log."partition", log."offset" LIMIT max_events
    ) l
    ORDER BY l."partition", l."offset"
$$;
CALL give_to_definer('list_log_places(smallint[], bigint[], integer)');
