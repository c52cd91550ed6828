-- name: list_standing
-- Sessions, tokens and visitors that still hold (primary keys).
SELECT id FROM sessions WHERE workspace_id = $1 AND id = ANY($2::uuid[]) AND ended_at IS NULL AND expires_at > now()
UNION ALL
SELECT id FROM api_tokens WHERE workspace_id = $1 AND id = ANY($2::uuid[]) AND revoked_at IS NULL
UNION ALL
SELECT v.id FROM visitors v JOIN inboxes i ON i.workspace_id = $1 AND i.id = v.inbox_id AND i.deleted_at IS NULL
WHERE v.workspace_id = $1 AND v.id = ANY($2::uuid[]) AND v.ended_at IS NULL
    AND (v.verified OR NOT coalesce((i.settings ->> 'identified_only')::boolean, false))

-- name: come_online
INSERT INTO agent_presence AS p (workspace_id, agent_id, status, last_active_at) VALUES ($1, $2, 'online', now())
ON CONFLICT (workspace_id, agent_id) DO UPDATE
    SET status = CASE WHEN p.status = 'offline' THEN 'online' ELSE p.status END, last_active_at = now()
RETURNING status

-- name: set_status
INSERT INTO agent_presence (workspace_id, agent_id, status, last_active_at) VALUES ($1, $2, $3, now())
ON CONFLICT (workspace_id, agent_id) DO UPDATE SET status = excluded.status, last_active_at = now()
