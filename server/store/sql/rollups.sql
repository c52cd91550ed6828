-- Roll-ups as the consumer writes them: what is known of tickets, their runs, and the sums over them. All by
-- primary keys, in their order, so that two who write (the consumer, a rebuild) wait for each other in turn.

-- name: lock_workspace
-- Whoever changes a workspace's roll-ups does so alone; raises their version. Locks its row until commit.
INSERT INTO report_versions AS v (workspace_id, version) VALUES ($1, 1)
ON CONFLICT (workspace_id) DO UPDATE SET version = v.version + 1

-- name: list_known
-- What was counted of tickets.
SELECT ticket_id, seq, opened_at, open, inbox_id, team_id, agent_id, priority, customer_id FROM report_tickets
WHERE workspace_id = $1 AND ticket_id = ANY ($2::uuid[])

-- name: list_newest_runs
-- The newest run of each kind of tickets: one step down the primary key for each.
SELECT r.ticket_id, r.kind, r.seq, r.started_at, r.policy_id, r.inbox_id, r.team_id, r.agent_id, r.priority,
    r.customer_id, r.met_at, r.breached_at, r.stopped_at, r.bucket
FROM unnest($2::uuid[]) AS t (id)
CROSS JOIN unnest('{open,first_response,next_response,resolution}'::text[]) AS k (kind)
CROSS JOIN LATERAL (
    SELECT * FROM report_runs WHERE workspace_id = $1 AND ticket_id = t.id AND kind = k.kind
    ORDER BY seq DESC LIMIT 1
) r

-- name: list_runs
-- All runs of tickets.
SELECT ticket_id, kind, seq, started_at, policy_id, inbox_id, team_id, agent_id, priority,
    customer_id, met_at, breached_at, stopped_at, bucket
FROM report_runs WHERE workspace_id = $1 AND ticket_id = ANY ($2::uuid[])

-- name: list_events
-- The events of tickets above what was counted of each and up to a bound, of types that count, in order.
SELECT e.ticket_id, e.seq, e.public_seq, e.at, e.actor_type, e.actor_id, e.data
FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) AS t (id, above, until)
JOIN events e ON e.workspace_id = $1 AND e.ticket_id = t.id AND e.seq > t.above AND e.seq <= t.until
WHERE e.type = ANY ($5::text[])
ORDER BY e.ticket_id, e.seq LIMIT $6

-- name: write_known
INSERT INTO report_tickets (workspace_id, ticket_id, seq, opened_at, open, inbox_id, team_id, agent_id, priority, customer_id)
SELECT $1, * FROM unnest($2::uuid[], $3::bigint[], $4::timestamptz[], $5::boolean[], $6::uuid[], $7::uuid[],
    $8::uuid[], $9::text[], $10::uuid[])
ON CONFLICT (workspace_id, ticket_id) DO UPDATE SET seq = excluded.seq, opened_at = excluded.opened_at,
    open = excluded.open, inbox_id = excluded.inbox_id, team_id = excluded.team_id, agent_id = excluded.agent_id,
    priority = excluded.priority, customer_id = excluded.customer_id

-- name: write_runs
INSERT INTO report_runs (workspace_id, ticket_id, kind, seq, started_at, policy_id, inbox_id, team_id, agent_id,
    priority, customer_id, met_at, breached_at, stopped_at, bucket)
SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::timestamptz[], $6::uuid[], $7::uuid[],
    $8::uuid[], $9::uuid[], $10::text[], $11::uuid[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],
    $15::smallint[])
ON CONFLICT (workspace_id, ticket_id, kind, seq) DO UPDATE SET started_at = excluded.started_at,
    policy_id = excluded.policy_id, inbox_id = excluded.inbox_id, team_id = excluded.team_id,
    agent_id = excluded.agent_id, priority = excluded.priority, customer_id = excluded.customer_id,
    met_at = excluded.met_at, breached_at = excluded.breached_at, stopped_at = excluded.stopped_at,
    bucket = excluded.bucket

-- name: remove_runs
-- Runs that no event began.
DELETE FROM report_runs r USING unnest($2::uuid[], $3::text[], $4::bigint[]) AS gone (ticket_id, kind, seq)
WHERE r.workspace_id = $1 AND r.ticket_id = gone.ticket_id AND r.kind = gone.kind AND r.seq = gone.seq

-- name: add_to_cells
-- Adds to sums; makes those that are not there yet.
INSERT INTO report_cells AS c (workspace_id, cut, period, key, inbox_id, policy_id, team_id, agent_id, priority, customer_id,
    first_targets, first_met, first_breached, first_durations,
    next_targets, next_met, next_breached, next_durations,
    resolution_targets, resolution_met, resolution_breached, resolution_durations)
SELECT $1, a.cut, a.period, a.key, a.inbox_id, a.policy_id, a.team_id, a.agent_id, a.priority, a.customer_id,
    a.n1, a.m1, a.b1, a.d1::numeric, a.n2, a.m2, a.b2, a.d2::numeric, a.n3, a.m3, a.b3, a.d3::numeric
FROM unnest($2::text[], $3::timestamptz[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::uuid[],
    $11::integer[], $12::integer[], $13::integer[], $14::text[], $15::integer[], $16::integer[], $17::integer[], $18::text[],
    $19::integer[], $20::integer[], $21::integer[], $22::text[])
    AS a (cut, period, key, inbox_id, policy_id, team_id, agent_id, priority, customer_id,
        n1, m1, b1, d1, n2, m2, b2, d2, n3, m3, b3, d3)
ON CONFLICT (workspace_id, cut, period, key) DO UPDATE SET
    first_targets = c.first_targets + excluded.first_targets,
    first_met = c.first_met + excluded.first_met,
    first_breached = c.first_breached + excluded.first_breached,
    first_durations = c.first_durations + excluded.first_durations,
    next_targets = c.next_targets + excluded.next_targets,
    next_met = c.next_met + excluded.next_met,
    next_breached = c.next_breached + excluded.next_breached,
    next_durations = c.next_durations + excluded.next_durations,
    resolution_targets = c.resolution_targets + excluded.resolution_targets,
    resolution_met = c.resolution_met + excluded.resolution_met,
    resolution_breached = c.resolution_breached + excluded.resolution_breached,
    resolution_durations = c.resolution_durations + excluded.resolution_durations

-- name: add_to_flows
INSERT INTO report_flows AS f (workspace_id, day, inbox_id, kind, happened, slots)
SELECT $1, a.day, a.inbox_id, a.kind, a.happened, a.slots::numeric
FROM unnest($2::date[], $3::uuid[], $4::text[], $5::integer[], $6::text[]) AS a (day, inbox_id, kind, happened, slots)
ON CONFLICT (workspace_id, day, inbox_id, kind) DO UPDATE SET
    happened = f.happened + excluded.happened, slots = f.slots + excluded.slots

-- name: find_unnumbered
-- When the oldest event of the workspace happened that is not even in the log yet: the writer leaves few there.
SELECT e.at FROM (SELECT ticket_ids[1] AS ticket_id, seqs[1] AS seq FROM log_pending WHERE workspace_id = $1 ORDER BY arrival LIMIT 1) p
JOIN events e ON e.workspace_id = $1 AND e.ticket_id = p.ticket_id AND e.seq = p.seq
