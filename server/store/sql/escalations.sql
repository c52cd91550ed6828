-- What the steps of SLA policies ask for.

-- name: list_terms
-- What these terms promise (primary key).
SELECT id, promises FROM sla_terms WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
