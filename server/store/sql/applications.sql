-- name: replace_all
-- What is queued for the whole workspace begins anew under another id: who is half way through the last notices.
WITH gone AS (DELETE FROM sla_applications WHERE workspace_id = $1 AND customer_id IS NULL)
INSERT INTO sla_applications (workspace_id, id) VALUES ($1, $2)

-- name: replace_of_customer
-- The same for one customer, where any policy asks about customers (sla_applications_customer).
WITH gone AS (DELETE FROM sla_applications WHERE workspace_id = $1 AND customer_id = $3)
INSERT INTO sla_applications (workspace_id, id, customer_id)
SELECT $1, $2, $3 WHERE EXISTS (SELECT FROM sla_policies p WHERE p.workspace_id = $1 AND p.active
    AND coalesce(p.conditions->'companies'->0, p.conditions->'tiers'->0, p.conditions->'languages'->0,
                 p.conditions->'fields'->0) IS NOT NULL)

-- name: list_waiting
SELECT workspace_id, id, customer_id, after FROM list_sla_applications($1)

-- name: list_tickets
-- A page of the tickets whose clocks have not ended (sla_targets_open), or stopped while they are open
-- (sla_targets_stopped): those may be promised again.
SELECT ticket_id FROM (
    (SELECT DISTINCT ticket_id FROM sla_targets
     WHERE workspace_id = $1 AND met_at IS NULL AND stopped_at IS NULL AND ticket_id > $2
     ORDER BY ticket_id LIMIT $3)
    UNION
    (SELECT DISTINCT s.ticket_id FROM sla_targets s JOIN tickets t ON t.workspace_id = $1 AND t.id = s.ticket_id
     WHERE s.workspace_id = $1 AND s.stopped_at IS NOT NULL AND s.ticket_id > $2
        AND t.status <> ALL ('{resolved,closed}')
     ORDER BY s.ticket_id LIMIT $3)) measured
ORDER BY ticket_id LIMIT $3

-- name: list_tickets_of_customer
-- The same of one customer, by tickets_customer and the primary key.
SELECT t.id AS ticket_id FROM tickets t
WHERE t.workspace_id = $1 AND t.customer_id = $4 AND t.id > $2 AND EXISTS (
    SELECT FROM sla_targets s WHERE s.workspace_id = t.workspace_id AND s.ticket_id = t.id
        AND s.met_at IS NULL AND (s.stopped_at IS NULL OR t.status <> ALL ('{resolved,closed}')))
ORDER BY t.id LIMIT $3

-- name: advance
UPDATE sla_applications SET after = $3 WHERE workspace_id = $1 AND id = $2

-- name: finish
DELETE FROM sla_applications WHERE workspace_id = $1 AND id = $2 RETURNING customer_id

-- name: retire_terms
-- Terms of no policy by which nothing runs any more, by sla_terms_known and sla_targets_open.
UPDATE sla_terms t SET retired_at = now()
WHERE t.workspace_id = $1 AND t.retired_at IS NULL
    AND NOT EXISTS (SELECT FROM sla_policies p WHERE p.workspace_id = $1 AND p.terms_id = t.id)
    AND NOT EXISTS (SELECT FROM sla_targets s WHERE s.workspace_id = $1 AND s.terms_id = t.id
        AND s.met_at IS NULL AND s.stopped_at IS NULL)

-- name: take_transaction
-- An id that is greater than those of all who write already: a snapshot's xmax is only the last that ended.
SELECT pg_current_xact_id()::text

-- name: are_over
-- Whether all transactions before the given one have ended.
SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8
