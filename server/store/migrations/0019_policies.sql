-- SLA policies in order, with conditions, calendars, pauses and steps; targets that say what they have spent.

-- What a policy promised at a time, calendars included: written once, named by the targets it measures.
CREATE TABLE sla_terms (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    policy_id uuid NOT NULL,
    promises jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    -- Of no policy any more, and of no running target: kept to explain old ones.
    retired_at timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX sla_terms_known ON sla_terms (workspace_id) WHERE retired_at IS NULL;
CALL guard('sla_terms');

CREATE TABLE calendars (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    definition jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX calendars_name ON calendars (workspace_id, lower(name));
CALL guard('calendars');

-- Why a ticket waits.
CREATE TABLE pause_reasons (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX pause_reasons_name ON pause_reasons (workspace_id, lower(name));
CALL guard('pause_reasons');

-- Open tickets still to be measured by what changed: all of a workspace, or those of one customer.
CREATE TABLE sla_applications (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    customer_id uuid,
    after uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CALL guard('sla_applications');

ALTER TABLE workspaces ADD COLUMN policies_changed_at timestamptz;
ALTER TABLE customers ADD COLUMN tier text, ADD COLUMN language text,
    ADD COLUMN custom_fields jsonb NOT NULL DEFAULT '{}', ADD COLUMN facts_changed_at timestamptz;
-- Why it waits, and when a person of the team first answered.
ALTER TABLE tickets ADD COLUMN status_reason_id uuid, ADD COLUMN answered_at timestamptz;
UPDATE tickets t SET answered_at = i.at FROM (
    SELECT workspace_id, ticket_id, min(created_at) AS at FROM interactions
    WHERE author_type = 'agent' AND type = 'message' GROUP BY workspace_id, ticket_id) i
WHERE i.workspace_id = t.workspace_id AND i.ticket_id = t.id;

ALTER TABLE sla_policies ADD COLUMN "position" integer NOT NULL DEFAULT 0,
    ADD COLUMN conditions jsonb NOT NULL DEFAULT '{}', ADD COLUMN promises jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN terms_id uuid;

-- Before, the newest policy of a priority held; all time counted, and a resolution stood still while it waited.
UPDATE sla_policies p SET "position" = n.place, terms_id = gen_random_uuid(),
    conditions = jsonb_build_object('priorities', jsonb_build_array(priority_level)),
    promises = (
        SELECT coalesce(jsonb_agg(jsonb_build_object('target', kind,
            'needed', 'PT' || round(minutes * 60)::bigint || 'S',
            'pauses', CASE kind WHEN 'resolution' THEN '[{"status": "pending"}, {"status": "on_hold"}]'::jsonb
                ELSE '[]' END,
            'steps', jsonb_build_array(jsonb_build_object('id', gen_random_uuid(),
                'mark', jsonb_build_object('type', 'percent', 'percent', warning_percent))))), '[]')
        FROM (VALUES ('first_response', first_response_time_minutes::double precision),
                     ('resolution', resolution_time_hours * 60)) AS promised (kind, minutes)
        WHERE minutes IS NOT NULL)
FROM (SELECT workspace_id, id, row_number() OVER (PARTITION BY workspace_id ORDER BY created_at DESC, id DESC) AS place
      FROM sla_policies) n
WHERE n.workspace_id = p.workspace_id AND n.id = p.id;
INSERT INTO sla_terms (workspace_id, id, policy_id, promises) SELECT workspace_id, terms_id, id, promises FROM sla_policies;
ALTER TABLE sla_policies ALTER COLUMN terms_id SET NOT NULL, DROP COLUMN priority_level,
    DROP COLUMN first_response_time_minutes, DROP COLUMN resolution_time_hours, DROP COLUMN warning_percent;

CREATE FUNCTION note_policies_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE workspaces SET policies_changed_at = now() WHERE id = coalesce(NEW.workspace_id, OLD.workspace_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER policies_changed AFTER INSERT OR DELETE OR UPDATE OF "position", conditions, active, terms_id
    ON sla_policies FOR EACH ROW EXECUTE FUNCTION note_policies_changed();
CREATE TRIGGER config_version AFTER INSERT OR UPDATE OR DELETE ON pause_reasons
    FOR EACH ROW EXECUTE FUNCTION raise_config_version();

-- `spent` is what was used up to `since`, the beginning of the stretch that runs now. `rings` is what the clock
-- will still ring for, earliest first; next_at is the first of them.
ALTER TABLE sla_targets ADD COLUMN terms_id uuid, ADD COLUMN needed interval,
    ADD COLUMN spent interval NOT NULL DEFAULT '0', ADD COLUMN since timestamptz,
    ADD COLUMN rings jsonb NOT NULL DEFAULT '[]', ADD COLUMN done uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN next_at timestamptz;
UPDATE sla_targets SET needed = due_at - started_at - stood_still,
    spent = CASE WHEN num_nonnulls(paused_at, met_at, stopped_at) = 0 THEN '0'::interval
        ELSE greatest(coalesce(paused_at, met_at, stopped_at) - started_at - stood_still, '0') END,
    since = CASE WHEN num_nonnulls(paused_at, met_at, stopped_at) = 0 THEN started_at + stood_still END;
UPDATE sla_targets SET next_at = CASE WHEN warned_at IS NULL THEN warn_at ELSE due_at END,
    rings = CASE WHEN warned_at IS NULL THEN jsonb_build_array(jsonb_build_array(warn_at, 'warning', NULL)) ELSE '[]' END
        || jsonb_build_array(jsonb_build_array(due_at, 'due', NULL))
WHERE num_nonnulls(met_at, breached_at, paused_at, stopped_at) = 0;
DROP INDEX sla_targets_armed;
DROP FUNCTION list_armed_targets(timestamptz, uuid, uuid, text, timestamptz, integer);
ALTER TABLE sla_targets ALTER COLUMN needed SET NOT NULL, DROP COLUMN warn_at, DROP COLUMN stood_still;
-- What is armed: read in pages at start, and by the watchdog.
CREATE INDEX sla_targets_armed ON sla_targets (next_at, workspace_id, ticket_id, target) WHERE next_at IS NOT NULL;
-- What a change of the rules has to look at.
CREATE INDEX sla_targets_open ON sla_targets (workspace_id, ticket_id) WHERE met_at IS NULL AND stopped_at IS NULL;

-- A page of the armed clocks after the given one, in the order in which they ring, by the index sla_targets_armed.
CREATE FUNCTION list_armed_targets(rang timestamptz, workspace uuid, ticket uuid, kind text, before timestamptz, max_targets integer)
    RETURNS TABLE (workspace_id uuid, ticket_id uuid, target text, next_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT s.workspace_id, s.ticket_id, s.target, s.next_at FROM sla_targets s
    WHERE (s.next_at, s.workspace_id, s.ticket_id, s.target) > (rang, workspace, ticket, kind)
        AND s.next_at <= before
    ORDER BY s.next_at, s.workspace_id, s.ticket_id, s.target LIMIT max_targets
$$;

-- The workspaces where something is to be measured anew, oldest first.
CREATE POLICY list_applications ON sla_applications FOR SELECT TO parley_definer USING (true);
GRANT SELECT ON sla_applications TO parley_definer;
CREATE FUNCTION list_sla_applications(max_applications integer)
    RETURNS TABLE (workspace_id uuid, id uuid, customer_id uuid, after uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT a.workspace_id, a.id, a.customer_id, a.after FROM sla_applications a
    ORDER BY a.created_at, a.id LIMIT max_applications
$$;

DO $owners$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['list_sla_applications(integer)',
        'list_armed_targets(timestamptz, uuid, uuid, text, timestamptz, integer)'] LOOP
        CALL give_to_definer(signature);
    END LOOP;
END
$owners$;
