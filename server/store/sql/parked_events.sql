-- Events that a consumer of the log passed over.

-- name: select_parked
-- By parked_events_newest.
SELECT p.id, p.consumer, p.ticket_id, t.number AS ticket_number, p.seq, e.type, p.reason, p.parked_at,
    p.retry_at IS NOT NULL AS retrying, e.seq IS NOT NULL AS kept
    /*sort*/
FROM parked_events p
LEFT JOIN tickets t ON t.workspace_id = p.workspace_id AND t.id = p.ticket_id
LEFT JOIN events e ON e.workspace_id = p.workspace_id AND e.ticket_id = p.ticket_id AND e.seq = p.seq
WHERE p.workspace_id = $1

-- name: ask
-- Lets one be told again; the same again changes nothing.
UPDATE parked_events SET retry_at = coalesce(retry_at, now()) WHERE workspace_id = $1 AND id = $2

-- name: claim
-- Takes events to be told again through a definer function; locks and leases them.
SELECT * FROM claim_parked_events($1, $2, $3, $4)

-- name: settle
-- It was digested.
DELETE FROM parked_events WHERE workspace_id = $1 AND id = $2

-- name: park_again
-- It was not: it lies there with its newest reason.
UPDATE parked_events SET retry_at = NULL, parked_at = now(), reason = $3 WHERE workspace_id = $1 AND id = $2
