-- Reports, from roll-ups. What stands in /*…*/ is filled in from closed sets of SQL in queries/rollup_sums.py.

-- name: runs
-- Single runs as the cells of one each, of a part of the period: a range of report_runs_started.
SELECT policy_id, team_id, agent_id, inbox_id, priority, customer_id,
    (kind = 'first_response')::integer AS first_targets,
    (kind = 'first_response' AND breached_at IS NULL AND met_at IS NOT NULL)::integer AS first_met,
    (kind = 'first_response' AND breached_at IS NOT NULL)::integer AS first_breached,
    CASE WHEN kind = 'first_response' AND bucket IS NOT NULL THEN ('1e' || 8 * bucket)::numeric ELSE 0 END AS first_durations,
    (kind = 'next_response')::integer AS next_targets,
    (kind = 'next_response' AND breached_at IS NULL AND met_at IS NOT NULL)::integer AS next_met,
    (kind = 'next_response' AND breached_at IS NOT NULL)::integer AS next_breached,
    CASE WHEN kind = 'next_response' AND bucket IS NOT NULL THEN ('1e' || 8 * bucket)::numeric ELSE 0 END AS next_durations,
    (kind = 'resolution')::integer AS resolution_targets,
    (kind = 'resolution' AND breached_at IS NULL AND met_at IS NOT NULL)::integer AS resolution_met,
    (kind = 'resolution' AND breached_at IS NOT NULL)::integer AS resolution_breached,
    CASE WHEN kind = 'resolution' AND bucket IS NOT NULL THEN ('1e' || 8 * bucket)::numeric ELSE 0 END AS resolution_durations
FROM report_runs
WHERE workspace_id = $1 AND started_at >= part.since AND started_at < part.until
    AND kind <> 'open' AND (stopped_at IS NULL OR breached_at IS NOT NULL)
    AND ($2::uuid[] IS NULL OR inbox_id = ANY ($2))/*filters*/

-- name: cells
-- The cells of a cut, of a part of the period: a range of the primary key, or, of one of the `candidates`, of
-- report_cells_customer.
SELECT * FROM report_cells
WHERE workspace_id = $1 AND cut = '/*cut*/' AND period >= part.since AND period < part.until
    AND ($2::uuid[] IS NULL OR inbox_id = ANY ($2))/*filters*/

-- name: slice
-- Cells or runs of parts of the period, part by part, whatever the planner believes of them; with a sign, what is in
-- excess elsewhere.
SELECT part.day/*fields*/, /*measures*/
FROM unnest(/*days*/::date[], /*begins*/::timestamptz[], /*ends*/::timestamptz[]) AS part (day, since, until)/*candidates*/
CROSS JOIN LATERAL (/*source*/ OFFSET 0) AS cell

-- name: shared_slice
-- What one day lacks and the day `less` has in excess: read and added up once, and told of both.
SELECT turn.day/*fields*/, /*measures*/
FROM unnest(/*days*/::date[], /*less*/::date[], /*begins*/::timestamptz[], /*ends*/::timestamptz[]) AS part (day, less, since, until)/*candidates*/
CROSS JOIN LATERAL (SELECT /*sums*/ FROM (/*source*/) AS cell GROUP BY (/*by*/)) AS cell
CROSS JOIN LATERAL (VALUES (part.day, 1), (part.less, -1)) AS turn (day, sign)

-- name: candidates
-- The customers who are in any of some months among its 250 with most targets; by report_cells_largest.
WITH candidates AS MATERIALIZED (
    SELECT DISTINCT largest.customer_id
    FROM unnest(/*months*/::timestamptz[]) AS month
    CROSS JOIN LATERAL (
        SELECT customer_id FROM report_cells
        WHERE workspace_id = $1 AND cut = 'customers of a month' AND period = month
            AND ($2::uuid[] IS NULL OR inbox_id = ANY ($2))
        ORDER BY first_targets + next_targets + resolution_targets DESC LIMIT 250
    ) largest
)

-- name: sums
-- Groups with their names, the largest $3 and one more, and before them the sum of all, `whole`; without it all groups,
-- when $3 is null. Slices are of the inboxes $2, all when null.
/*with*/SELECT summed.*/*names*/ FROM (
    SELECT /*groups*/, grouping(/*first*/) = 1 AS whole,
        sum(first_targets + next_targets + resolution_targets) AS size, /*sums*/
    FROM (/*slices*/) AS slice
    GROUP BY /*sets*/
    HAVING sum(first_targets + next_targets + resolution_targets) > 0
    ORDER BY whole DESC, size DESC LIMIT $3::integer + 2
) summed/*joins*/
ORDER BY summed.whole DESC, summed.size DESC

-- name: flows
-- What happened on the days $2 to $3 in UTC, by kind, and by inbox when $6; a range of the primary key.
SELECT day, kind, CASE WHEN $6 THEN inbox_id END AS inbox_id, sum(happened) AS happened, sum(slots)::text AS slots
FROM report_flows
WHERE workspace_id = $1 AND day >= $2 AND day <= $3 AND ($4::uuid[] IS NULL OR inbox_id = ANY ($4)) AND kind = ANY ($5)
GROUP BY 1, 2, 3 ORDER BY 1, 3

-- name: open_before
-- Tickets that were open when the day $2 began in UTC, by inbox when $4: what opened less what was resolved.
SELECT CASE WHEN $4 THEN inbox_id END AS inbox_id,
    sum(CASE kind WHEN 'resolved' THEN -happened ELSE happened END) AS open
FROM report_flows
WHERE workspace_id = $1 AND day < $2 AND ($3::uuid[] IS NULL OR inbox_id = ANY ($3)) AND kind IN ('opened', 'reopened', 'resolved')
GROUP BY 1

-- name: ageing
-- Open tickets by age at $2, 0 for those below the first of the bounds $4 (in days) and so on; by report_tickets_open.
SELECT /*group*/::text AS id, /*name*/ AS name, width_bucket(extract(epoch FROM $2 - t.opened_at) / 86400, $4::float8[]) AS age, count(*) AS open
FROM report_tickets t/*joins*/
WHERE t.workspace_id = $1 AND t.open AND ($3::uuid[] IS NULL OR t.inbox_id = ANY ($3))
GROUP BY 1, 2, 3

-- name: inbox_names
SELECT id, name FROM inboxes WHERE workspace_id = $1

-- name: find_version
-- What the names, sums and days of a workspace's reports depend on, by primary keys.
SELECT w.config_version, coalesce(v.version, 0) AS version, w.time_zone
FROM workspaces w LEFT JOIN report_versions v ON v.workspace_id = w.id WHERE w.id = $1
