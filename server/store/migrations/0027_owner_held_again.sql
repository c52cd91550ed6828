-- An old target that runs on after a pause: what it spent until it was resumed, as its events say it.
UPDATE sla_targets s SET spent = s.spent + (r.at - s.since), since = r.at
FROM sla_targets o, LATERAL (
    SELECT max(e.at) AS at FROM events e
    WHERE e.workspace_id = o.workspace_id AND e.ticket_id = o.ticket_id AND e.type = 'sla_resumed'
        AND e.data->>'target' = o.target) r
WHERE (s.workspace_id, s.ticket_id, s.target) = (o.workspace_id, o.ticket_id, o.target)
    AND o.terms_id IS NULL AND r.at > o.since;

-- The owner is held by row-level security again, on every table that has it (see migration 0007).
CREATE OR REPLACE PROCEDURE guard(name text, key text DEFAULT 'workspace_id') LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_workspace ON %I TO parley_app USING (%I = NULLIF(current_setting(''parley.workspace_id'', true), '''')::uuid)', name, key);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO parley_app', name);
END
$$;
DO $force$
DECLARE
    held regclass;
BEGIN
    FOR held IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relrowsecurity AND NOT relforcerowsecurity AND relkind IN ('r', 'p') LOOP
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', held);
    END LOOP;
END
$force$;
