-- Who holds a reply that is being sent. A claim is short and is renewed while its process lives, so that what a
-- killed one held leaves within seconds.

ALTER TABLE outgoing_mails ADD COLUMN claimed_by uuid;

-- As before, but that `claimant` holds what is taken, for `lease` from now. What somebody held is left alone for five
-- seconds after Postgres has started: who still lives could not renew it meanwhile, and does so first. The version
-- before this one names no claimant.
DROP FUNCTION claim_outgoing(integer, interval, uuid[]);
CREATE FUNCTION claim_outgoing(max_mails integer, lease interval, busy uuid[], claimant uuid DEFAULT NULL)
    RETURNS TABLE (workspace_id uuid, interaction_id uuid, ticket_id uuid, inbox_id uuid, message_id text,
                   attempts smallint, created_at timestamptz)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    WITH picked AS (
        SELECT o.workspace_id, o.interaction_id FROM outgoing_mails o
        WHERE o.state = 'queued' AND o.next_attempt_at <= now() AND o.inbox_id <> ALL ($3)
            AND (o.claimed_by IS NULL OR pg_postmaster_start_time() < now() - interval '5 seconds')
        ORDER BY o.next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE outgoing_mails o SET attempts = o.attempts + 1, next_attempt_at = now() + $2, claimed_by = $4
        FROM picked p WHERE o.workspace_id = p.workspace_id AND o.interaction_id = p.interaction_id
        RETURNING o.workspace_id, o.interaction_id, o.ticket_id, o.inbox_id, o.message_id, o.attempts, o.created_at
    )
    SELECT * FROM claimed c ORDER BY c.created_at, c.interaction_id
$$;
CALL give_to_definer('claim_outgoing(integer, interval, uuid[], uuid)');
