-- Armed clocks in any number, made like one that is there: ticket $2 of workspace $1 is the model. Number n is
-- due at $5 + n times $6, and its id is made of n, so that all partitions have their share.

-- name: tickets
-- The tickets $3 to $4.
WITH model AS (SELECT to_jsonb(t) AS row FROM tickets t WHERE workspace_id = $1 AND id = $2)
INSERT INTO tickets SELECT r.* FROM generate_series($3::integer, $4::integer) n, model
CROSS JOIN LATERAL jsonb_populate_record(NULL::tickets, model.row || jsonb_build_object(
    'id', '00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'), 'number', 1000000000 + n)) r

-- name: events
-- What has happened to the model, as if it had happened to the tickets $3 to $4: consumers of the log read it.
INSERT INTO events
SELECT e.workspace_id, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, e.seq, e.public_seq, e.type,
    e.at, e.actor_type, e.actor_id, e.data
FROM generate_series($3::integer, $4::integer) n
JOIN events e ON e.workspace_id = $1 AND e.ticket_id = $2

-- name: targets
-- The targets $3 to $4, each with nothing to ring but its due time.
INSERT INTO sla_targets (workspace_id, ticket_id, target, policy_id, terms_id, started_at, due_at, needed, spent,
    since, rings, next_at)
SELECT m.workspace_id, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, m.target, m.policy_id,
    m.terms_id, due.at - m.needed, due.at, m.needed, m.spent, due.at - m.needed,
    jsonb_build_array(jsonb_build_array(due.at, 'due', NULL)), due.at
FROM generate_series($3::integer, $4::integer) n
CROSS JOIN LATERAL (SELECT $5::timestamptz + n * $6::interval AS at) due
JOIN sla_targets m ON m.workspace_id = $1 AND m.ticket_id = $2 AND m.target = 'resolution'

-- name: scan
-- What a poll asks, once with the index of what is armed and once without.
SELECT count(*) FROM sla_targets
WHERE due_at <= now() AND met_at IS NULL AND breached_at IS NULL AND paused_at IS NULL AND stopped_at IS NULL

-- name: scan_armed
SELECT count(*) FROM sla_targets WHERE next_at <= now()

-- name: breaches
-- How late each breach was: from its due time to the moment at which the writer decided it.
SELECT extract(epoch FROM e.at - t.due_at)::float8 AS late, t.breached_at = t.due_at AS exact, e.ticket_id
FROM events e JOIN sla_targets t USING (workspace_id, ticket_id)
WHERE e.workspace_id = $1 AND e.type = 'sla_breached' AND t.target = 'resolution' AND e.ticket_id <> $2
