-- Policies and calendars that are tried over past tickets, with what has been found so far. One at a time in each
-- workspace; tickets before (before_at, before_id) are still to come.
CREATE TABLE sla_trials (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'cancelled', 'failed')),
    proposal jsonb NOT NULL,
    before_at timestamptz,
    before_id uuid,
    done integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    found jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX sla_trials_one ON sla_trials (workspace_id) WHERE state IN ('queued', 'running');
CREATE INDEX sla_trials_newest ON sla_trials (workspace_id, created_at, id);
CALL guard('sla_trials');

-- The trials under way in all workspaces, ids only, by sla_trials_one.
CREATE POLICY list_trials ON sla_trials FOR SELECT TO parley_definer USING (true);
GRANT SELECT ON sla_trials TO parley_definer;
CREATE FUNCTION list_sla_trials(max_trials integer)
    RETURNS TABLE (workspace_id uuid, id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT t.workspace_id, t.id FROM sla_trials t
    WHERE t.state IN ('queued', 'running') ORDER BY t.created_at, t.id LIMIT max_trials
$$;
CALL give_to_definer('list_sla_trials(integer)');
