-- Roll-ups compared with what they are made of. What differs is added as a difference, so that what the consumer
-- adds meanwhile stays right.

-- name: find_range
-- The last of the next $3 tickets after $2, null when there is none: ranges of two primary keys.
SELECT id FROM (
    (SELECT id FROM tickets WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3)
    UNION ALL
    (SELECT ticket_id FROM report_tickets WHERE workspace_id = $1 AND ticket_id > $2 ORDER BY ticket_id LIMIT $3)
    ORDER BY id LIMIT $3
) page ORDER BY id DESC LIMIT 1

-- name: list_range
-- The tickets after $2 up to $3.
SELECT id FROM tickets WHERE workspace_id = $1 AND id > $2 AND id <= $3
UNION SELECT ticket_id FROM report_tickets WHERE workspace_id = $1 AND ticket_id > $2 AND ticket_id <= $3

-- name: remove_known
-- What was counted of tickets that there are not.
DELETE FROM report_tickets WHERE workspace_id = $1 AND ticket_id = ANY ($2::uuid[])

-- name: list_months
-- Every month that has runs or cells, by the ends of report_runs_started and by report_cells' primary key.
SELECT month AT TIME ZONE 'UTC' AS month FROM generate_series(
    date_trunc('month', least((SELECT min(started_at) FROM report_runs WHERE workspace_id = $1),
        (SELECT min(period) FROM report_cells WHERE workspace_id = $1)) AT TIME ZONE 'UTC'),
    greatest((SELECT max(started_at) FROM report_runs WHERE workspace_id = $1),
        (SELECT max(period) FROM report_cells WHERE workspace_id = $1)) AT TIME ZONE 'UTC',
    interval '1 month') AS month

-- name: mend_cells
-- The cells of a cut, whose periods begin in the month $3, become the sums of their runs; how many were not.
-- A range of report_runs_started and one of the cells' primary key, up to $10. $4 to $8: whether the cut tells
-- policies, teams, agents, priorities and customers apart; $9: the length of its periods.
WITH counted AS (
    SELECT date_trunc($9, started_at, 'UTC') AS period, inbox_id,
        CASE WHEN $4 THEN policy_id END AS policy_id, CASE WHEN $5 THEN team_id END AS team_id,
        CASE WHEN $6 THEN agent_id END AS agent_id, CASE WHEN $7 THEN priority END AS priority,
        CASE WHEN $8 THEN customer_id END AS customer_id, kind, bucket, count(*) AS n,
        count(*) FILTER (WHERE met_at IS NOT NULL AND breached_at IS NULL) AS met,
        count(*) FILTER (WHERE breached_at IS NOT NULL) AS breached,
        CASE WHEN bucket IS NULL THEN 0 ELSE count(*) * ('1e' || 8 * bucket)::numeric END AS durations
    FROM report_runs
    WHERE workspace_id = $1 AND started_at >= $3 AND started_at < $10
        AND kind <> 'open' AND (stopped_at IS NULL OR breached_at IS NOT NULL)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
), expected AS (
    SELECT period, inbox_id, policy_id, team_id, agent_id, priority, customer_id,
        cell_key(inbox_id, policy_id, team_id, agent_id, priority, customer_id) AS key,
        coalesce(sum(n) FILTER (WHERE kind = 'first_response'), 0) AS n1,
        coalesce(sum(met) FILTER (WHERE kind = 'first_response'), 0) AS m1,
        coalesce(sum(breached) FILTER (WHERE kind = 'first_response'), 0) AS b1,
        coalesce(sum(durations) FILTER (WHERE kind = 'first_response'), 0) AS d1,
        coalesce(sum(n) FILTER (WHERE kind = 'next_response'), 0) AS n2,
        coalesce(sum(met) FILTER (WHERE kind = 'next_response'), 0) AS m2,
        coalesce(sum(breached) FILTER (WHERE kind = 'next_response'), 0) AS b2,
        coalesce(sum(durations) FILTER (WHERE kind = 'next_response'), 0) AS d2,
        coalesce(sum(n) FILTER (WHERE kind = 'resolution'), 0) AS n3,
        coalesce(sum(met) FILTER (WHERE kind = 'resolution'), 0) AS m3,
        coalesce(sum(breached) FILTER (WHERE kind = 'resolution'), 0) AS b3,
        coalesce(sum(durations) FILTER (WHERE kind = 'resolution'), 0) AS d3
    FROM counted GROUP BY 1, 2, 3, 4, 5, 6, 7
), found AS (
    SELECT * FROM report_cells WHERE workspace_id = $1 AND cut = $2 AND period >= $3 AND period < $10
), differing AS (
    SELECT period, key, coalesce(e.inbox_id, f.inbox_id) AS inbox_id, coalesce(e.policy_id, f.policy_id) AS policy_id,
        coalesce(e.team_id, f.team_id) AS team_id, coalesce(e.agent_id, f.agent_id) AS agent_id,
        coalesce(e.priority, f.priority) AS priority, coalesce(e.customer_id, f.customer_id) AS customer_id,
        coalesce(n1, 0) - coalesce(first_targets, 0) AS n1, coalesce(m1, 0) - coalesce(first_met, 0) AS m1,
        coalesce(b1, 0) - coalesce(first_breached, 0) AS b1, coalesce(d1, 0) - coalesce(first_durations, 0) AS d1,
        coalesce(n2, 0) - coalesce(next_targets, 0) AS n2, coalesce(m2, 0) - coalesce(next_met, 0) AS m2,
        coalesce(b2, 0) - coalesce(next_breached, 0) AS b2, coalesce(d2, 0) - coalesce(next_durations, 0) AS d2,
        coalesce(n3, 0) - coalesce(resolution_targets, 0) AS n3, coalesce(m3, 0) - coalesce(resolution_met, 0) AS m3,
        coalesce(b3, 0) - coalesce(resolution_breached, 0) AS b3, coalesce(d3, 0) - coalesce(resolution_durations, 0) AS d3
    FROM expected e FULL JOIN found f USING (period, key)
), mended AS (
    INSERT INTO report_cells AS c (workspace_id, cut, period, key, inbox_id, policy_id, team_id, agent_id, priority,
        customer_id, first_targets, first_met, first_breached, first_durations, next_targets, next_met, next_breached,
        next_durations, resolution_targets, resolution_met, resolution_breached, resolution_durations)
    SELECT $1, $2, * FROM differing d
    WHERE (n1, m1, b1, d1, n2, m2, b2, d2, n3, m3, b3, d3) <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
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
    RETURNING 1
)
SELECT count(*) FROM mended

-- name: mend_flows
-- All flows of a workspace become what its runs say; how many were not. Reads all runs once.
WITH happened AS (
    SELECT inbox_id, CASE seq WHEN 1 THEN 'opened' ELSE 'reopened' END AS kind, started_at AT TIME ZONE 'UTC' AS at
    FROM report_runs WHERE workspace_id = $1 AND kind = 'open'
    UNION ALL
    SELECT inbox_id, 'resolved', met_at AT TIME ZONE 'UTC' FROM report_runs
    WHERE workspace_id = $1 AND kind = 'open' AND met_at IS NOT NULL
    UNION ALL
    SELECT inbox_id, kind, breached_at AT TIME ZONE 'UTC' FROM report_runs
    WHERE workspace_id = $1 AND kind <> 'open' AND breached_at IS NOT NULL
), counted AS (
    SELECT at::date AS day, inbox_id, kind, (extract(hour FROM at) * 4 + floor(extract(minute FROM at) / 15))::integer AS slot,
        count(*) AS n
    FROM happened GROUP BY 1, 2, 3, 4
), expected AS (
    SELECT day, inbox_id, kind, sum(n) AS happened, sum(n * ('1e' || 8 * slot)::numeric) AS slots FROM counted GROUP BY 1, 2, 3
), mended AS (
    INSERT INTO report_flows AS f (workspace_id, day, inbox_id, kind, happened, slots)
    SELECT $1, day, inbox_id, kind, coalesce(e.happened, 0) - coalesce(f.happened, 0), coalesce(e.slots, 0) - coalesce(f.slots, 0)
    FROM expected e FULL JOIN (SELECT * FROM report_flows WHERE workspace_id = $1) f USING (day, inbox_id, kind)
    WHERE (coalesce(e.happened, 0), coalesce(e.slots, 0)) <> (coalesce(f.happened, 0), coalesce(f.slots, 0))
    ON CONFLICT (workspace_id, day, inbox_id, kind) DO UPDATE SET
        happened = f.happened + excluded.happened, slots = f.slots + excluded.slots
    RETURNING 1
)
SELECT count(*) FROM mended
