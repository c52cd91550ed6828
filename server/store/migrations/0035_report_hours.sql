-- Days of reports are the reader's own, by the workspace's clocks unless another zone is asked for.
ALTER TABLE workspaces ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC' CHECK (char_length(time_zone) BETWEEN 1 AND 64);
DROP FUNCTION list_workspaces();
CREATE FUNCTION list_workspaces() RETURNS TABLE (workspace_id uuid, name text, time_zone text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT id, name, time_zone FROM workspaces ORDER BY created_at, id
$$;
CALL give_to_definer('list_workspaces()');

-- Periods of cells are instants in UTC, and there are cells of hours: what all time zones' days are made of.
ALTER TABLE report_cells ALTER COLUMN period TYPE timestamptz USING period AT TIME ZONE 'UTC';
ALTER TABLE report_cells NO FORCE ROW LEVEL SECURITY;
ALTER TABLE report_runs NO FORCE ROW LEVEL SECURITY;
INSERT INTO report_cells (workspace_id, cut, period, key, inbox_id, first_targets, first_met, first_breached, first_durations,
    next_targets, next_met, next_breached, next_durations,
    resolution_targets, resolution_met, resolution_breached, resolution_durations)
SELECT workspace_id, 'hours', period, cell_key(inbox_id, NULL, NULL, NULL, NULL, NULL), inbox_id,
    count(*) FILTER (WHERE kind = 'first_response'), count(*) FILTER (WHERE kind = 'first_response' AND met),
    count(*) FILTER (WHERE kind = 'first_response' AND breached), coalesce(sum(spent) FILTER (WHERE kind = 'first_response'), 0),
    count(*) FILTER (WHERE kind = 'next_response'), count(*) FILTER (WHERE kind = 'next_response' AND met),
    count(*) FILTER (WHERE kind = 'next_response' AND breached), coalesce(sum(spent) FILTER (WHERE kind = 'next_response'), 0),
    count(*) FILTER (WHERE kind = 'resolution'), count(*) FILTER (WHERE kind = 'resolution' AND met),
    count(*) FILTER (WHERE kind = 'resolution' AND breached), coalesce(sum(spent) FILTER (WHERE kind = 'resolution'), 0)
FROM (
    SELECT workspace_id, inbox_id, kind, date_trunc('hour', started_at, 'UTC') AS period,
        met_at IS NOT NULL AND breached_at IS NULL AS met, breached_at IS NOT NULL AS breached,
        CASE WHEN bucket IS NOT NULL THEN ('1e' || 8 * bucket)::numeric END AS spent
    FROM report_runs WHERE kind <> 'open' AND (stopped_at IS NULL OR breached_at IS NOT NULL)
) runs
GROUP BY workspace_id, period, inbox_id ORDER BY workspace_id, period;
ALTER TABLE report_cells FORCE ROW LEVEL SECURITY;
ALTER TABLE report_runs FORCE ROW LEVEL SECURITY;
ANALYZE report_cells;
