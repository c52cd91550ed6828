-- name: select_policies
-- Policies; by the primary key, few in every workspace.
SELECT p.id, p.name, p.description, p."position", p.active, p.conditions, p.promises, p.created_at, p.updated_at
    /*sort*/
FROM sla_policies p WHERE p.workspace_id = $1

-- name: lock_policy
SELECT id FROM sla_policies WHERE workspace_id = $1 AND id = $2 FOR UPDATE

-- name: find_calendars
-- Locked, so that none of them changes before what names it is committed (primary key).
SELECT id, definition FROM calendars WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR SHARE

-- name: add_terms
INSERT INTO sla_terms (workspace_id, id, policy_id, promises) VALUES ($1, $2, $3, $4::jsonb)

-- name: add_policy
-- Before all others.
INSERT INTO sla_policies (workspace_id, id, name, description, active, conditions, promises, terms_id, "position")
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8,
    (SELECT coalesce(min("position"), 1) - 1 FROM sla_policies WHERE workspace_id = $1))

-- name: change_policy
UPDATE sla_policies SET name = $3, description = $4, active = $5, conditions = $6::jsonb, promises = $7::jsonb,
    terms_id = coalesce($8, terms_id), updated_at = now()
WHERE workspace_id = $1 AND id = $2

-- name: delete_policy
DELETE FROM sla_policies WHERE workspace_id = $1 AND id = $2 RETURNING id
