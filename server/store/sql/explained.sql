-- name: names
-- What policies, calendars and pause reasons of a workspace are called; by their primary keys, few of each.
SELECT coalesce((SELECT jsonb_object_agg(id, name) FROM sla_policies WHERE workspace_id = $1), '{}'),
    coalesce((SELECT jsonb_object_agg(id, name) FROM calendars WHERE workspace_id = $1), '{}'),
    coalesce((SELECT jsonb_object_agg(id, name) FROM pause_reasons WHERE workspace_id = $1), '{}')

-- name: find_terms
-- Terms by id, retired ones too (primary key).
SELECT id, policy_id, promises, made_at FROM sla_terms WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
