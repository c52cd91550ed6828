-- name: select_policies
-- Policies; by the primary key, few in every workspace.
SELECT p.id, p.name, p.description, p."position", p.active, p.conditions, p.promises, p.created_at, p.updated_at
    /*sort*/
FROM sla_policies p WHERE p.workspace_id = $1

-- name: lock_policies
-- Until commit nobody else changes the policies, calendars or reasons of this workspace: they name one another.
SELECT pg_advisory_xact_lock(hashtextextended('policies ' || $1::uuid, 0))

-- name: count_policies
SELECT count(*) FROM sla_policies WHERE workspace_id = $1

-- name: list_order
-- All policies, the first to be asked first; few in every workspace.
SELECT id FROM sla_policies WHERE workspace_id = $1 ORDER BY "position", created_at DESC, id

-- name: order_policies
-- Those that stand elsewhere get the place that their id has in $2 (primary key).
UPDATE sla_policies p SET "position" = n.place
FROM unnest($2::uuid[]) WITH ORDINALITY AS n (id, place)
WHERE p.workspace_id = $1 AND p.id = n.id AND p."position" <> n.place

-- name: find_calendars
SELECT id, definition FROM calendars WHERE workspace_id = $1 AND id = ANY ($2::uuid[])

-- name: list_by_calendar
-- The policies that measure by a calendar, in their order; few in every workspace.
SELECT id, name, promises FROM sla_policies
WHERE workspace_id = $1 AND promises @> jsonb_build_array(jsonb_build_object('calendar_id', $2::uuid))
ORDER BY "position", created_at DESC, id

-- name: list_by_reason
-- The policies whose clocks stand still for a reason, in their order; few in every workspace.
SELECT id, name FROM sla_policies WHERE workspace_id = $1 AND promises
    @> jsonb_build_array(jsonb_build_object('pauses', jsonb_build_array(jsonb_build_object('reason_id', $2::uuid))))
ORDER BY "position", created_at DESC, id

-- name: add_terms
INSERT INTO sla_terms (workspace_id, id, policy_id, promises) VALUES ($1, $2, $3, $4::jsonb)

-- name: add_policy
-- Before all others.
INSERT INTO sla_policies (workspace_id, id, name, description, active, conditions, promises, terms_id, "position")
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8,
    (SELECT coalesce(min("position"), 1) - 1 FROM sla_policies WHERE workspace_id = $1))

-- name: describe_policy
-- What no clock depends on, so that no clock is looked at.
UPDATE sla_policies SET name = $3, description = $4, updated_at = now() WHERE workspace_id = $1 AND id = $2

-- name: change_policy
UPDATE sla_policies SET name = $3, description = $4, active = $5, conditions = $6::jsonb, promises = $7::jsonb,
    terms_id = coalesce($8, terms_id), updated_at = now()
WHERE workspace_id = $1 AND id = $2

-- name: renew_terms
UPDATE sla_policies SET terms_id = $3 WHERE workspace_id = $1 AND id = $2

-- name: delete_policy
DELETE FROM sla_policies WHERE workspace_id = $1 AND id = $2 RETURNING id

-- name: list_present
-- Which of these ids a policy may name, and as what (primary keys).
SELECT 'inbox' AS kind, id FROM inboxes WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND deleted_at IS NULL
UNION ALL SELECT 'team', id FROM teams WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
UNION ALL SELECT 'agent', id FROM agents WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND active
UNION ALL SELECT 'tag', id FROM tags WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
UNION ALL SELECT 'webhook', id FROM outgoing_webhooks WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
UNION ALL SELECT 'calendar', id FROM calendars WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
UNION ALL SELECT 'reason', id FROM pause_reasons
    WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND deleted_at IS NULL
