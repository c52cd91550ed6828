-- name: list_standing
-- Sessions, tokens and visitors that still hold, these with their customer (primary keys).
SELECT id, NULL::uuid AS customer_id FROM sessions
WHERE workspace_id = $1 AND id = ANY($2::uuid[]) AND ended_at IS NULL AND expires_at > now()
UNION ALL
SELECT id, NULL FROM api_tokens WHERE workspace_id = $1 AND id = ANY($2::uuid[]) AND revoked_at IS NULL
UNION ALL
SELECT v.id, v.customer_id FROM visitors v
JOIN inboxes i ON i.workspace_id = $1 AND i.id = v.inbox_id AND i.deleted_at IS NULL
WHERE v.workspace_id = $1 AND v.id = ANY($2::uuid[]) AND v.ended_at IS NULL
    AND (v.verified OR NOT coalesce((i.settings ->> 'identified_only')::boolean, false))

-- name: come_online
-- An agent is connected to a process (primary keys); locks their presence.
WITH connected AS (
    INSERT INTO connected_agents (workspace_id, agent_id, process_id) VALUES ($1, $2, $3)
    ON CONFLICT (workspace_id, agent_id, process_id) DO UPDATE SET seen_at = now()
)
INSERT INTO agent_presence AS p (workspace_id, agent_id, status, last_active_at) VALUES ($1, $2, 'online', now())
ON CONFLICT (workspace_id, agent_id) DO UPDATE
    SET status = CASE WHEN p.status = 'offline' THEN 'online' ELSE p.status END, last_active_at = now()
RETURNING status

-- name: lock_presence
-- Before the connections of an agent are counted, so that of two processes that lose them one sees it (primary key).
SELECT FROM agent_presence WHERE workspace_id = $1 AND agent_id = $2 FOR UPDATE

-- name: disconnect
DELETE FROM connected_agents WHERE workspace_id = $1 AND agent_id = $2 AND process_id = $3

-- name: go_offline
-- Nothing while another process has them (primary keys).
UPDATE agent_presence SET status = 'offline', last_active_at = now()
WHERE workspace_id = $1 AND agent_id = $2
    AND NOT EXISTS (SELECT FROM connected_agents c WHERE c.workspace_id = $1 AND c.agent_id = $2)
RETURNING agent_id

-- name: vouch
-- The connections of a process still hold (primary key); those that were reaped are not among what is returned.
WITH held AS (
    UPDATE connected_agents SET seen_at = now()
    WHERE workspace_id = $1 AND agent_id = ANY($2::uuid[]) AND process_id = $3
    RETURNING workspace_id, agent_id
)
SELECT agent_id, status FROM held JOIN agent_presence USING (workspace_id, agent_id)

-- name: leave_soon
-- The connections of a process that stops: reaped in $3 unless it comes back, or its agents do elsewhere.
UPDATE connected_agents SET seen_at = least(seen_at, now() - $3::interval) WHERE workspace_id = $1 AND process_id = $2

-- name: reap
-- Across all workspaces: connections that nobody vouches for; returns who is offline for that.
SELECT workspace_id, agent_id FROM reap_connected_agents($1, $2)

-- name: set_status
INSERT INTO agent_presence (workspace_id, agent_id, status, last_active_at) VALUES ($1, $2, $3, now())
ON CONFLICT (workspace_id, agent_id) DO UPDATE SET status = excluded.status, last_active_at = now()
