-- Hours are told apart by team, and there are hours of agents: days of both are those of any time zone without
-- looking at single runs.
ALTER TABLE report_cells NO FORCE ROW LEVEL SECURITY;
ALTER TABLE report_runs NO FORCE ROW LEVEL SECURITY;
DELETE FROM report_cells WHERE cut = 'hours';
INSERT INTO report_cells (workspace_id, cut, period, key, inbox_id, team_id, agent_id,
    first_targets, first_met, first_breached, first_durations, next_targets, next_met, next_breached, next_durations,
    resolution_targets, resolution_met, resolution_breached, resolution_durations)
SELECT workspace_id, CASE grouping(agent_id) WHEN 1 THEN 'hours' ELSE 'hours of agents' END AS cut, period,
    cell_key(inbox_id, NULL, team_id, agent_id, NULL, NULL), inbox_id, team_id, agent_id,
    count(*) FILTER (WHERE kind = 'first_response'), count(*) FILTER (WHERE kind = 'first_response' AND met),
    count(*) FILTER (WHERE kind = 'first_response' AND breached), coalesce(sum(spent) FILTER (WHERE kind = 'first_response'), 0),
    count(*) FILTER (WHERE kind = 'next_response'), count(*) FILTER (WHERE kind = 'next_response' AND met),
    count(*) FILTER (WHERE kind = 'next_response' AND breached), coalesce(sum(spent) FILTER (WHERE kind = 'next_response'), 0),
    count(*) FILTER (WHERE kind = 'resolution'), count(*) FILTER (WHERE kind = 'resolution' AND met),
    count(*) FILTER (WHERE kind = 'resolution' AND breached), coalesce(sum(spent) FILTER (WHERE kind = 'resolution'), 0)
FROM (
    SELECT workspace_id, inbox_id, team_id, agent_id, kind, date_trunc('hour', started_at, 'UTC') AS period,
        met_at IS NOT NULL AND breached_at IS NULL AS met, breached_at IS NOT NULL AS breached,
        CASE WHEN bucket IS NOT NULL THEN ('1e' || 8 * bucket)::numeric END AS spent
    FROM report_runs WHERE kind <> 'open' AND (stopped_at IS NULL OR breached_at IS NOT NULL)
) runs
GROUP BY GROUPING SETS ((workspace_id, period, inbox_id, team_id), (workspace_id, period, inbox_id, agent_id))
ORDER BY workspace_id, cut, period;
ALTER TABLE report_cells FORCE ROW LEVEL SECURITY;
ALTER TABLE report_runs FORCE ROW LEVEL SECURITY;
ANALYZE report_cells;
