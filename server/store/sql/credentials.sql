-- name: find_session
-- Before a workspace is known: by the unique index on the token's hash, through a definer function.
SELECT workspace_id, session_id AS id, agent_id, csrf_token, expires_at FROM find_session($1)

-- name: find_api_token
-- The same for the token of a machine.
SELECT workspace_id, token_id AS id, agent_id, NULL AS csrf_token FROM find_api_token($1)

-- name: find_agent
-- Who an active agent is, and which inboxes they are a member of; by the primary key.
SELECT a.name, a.role,
    ARRAY(SELECT m.inbox_id FROM inbox_members m
          WHERE m.workspace_id = a.workspace_id AND m.agent_id = a.id) AS inbox_ids
FROM agents a WHERE a.workspace_id = $1 AND a.id = $2 AND a.active

-- name: list_visitors
-- Those visitors who have not signed out, of inboxes that still are and take them; by the primary keys.
SELECT v.id, v.inbox_id, v.customer_id, v.verified, c.name
FROM visitors v
JOIN customers c ON c.workspace_id = v.workspace_id AND c.id = v.customer_id
JOIN inboxes i ON i.workspace_id = v.workspace_id AND i.id = v.inbox_id AND i.deleted_at IS NULL
WHERE v.workspace_id = $1 AND v.id = ANY($2::uuid[]) AND v.ended_at IS NULL
    AND (v.verified OR NOT coalesce((i.settings ->> 'identified_only')::boolean, false))

-- name: find_sign_ins
-- Before a workspace is known: the active agents of an address, at most eight, oldest first.
SELECT workspace_id, agent_id, password_hash FROM find_sign_ins($1)

-- name: open_session
INSERT INTO sessions (workspace_id, id, agent_id, token_hash, csrf_token, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + $6::interval)

-- name: end_session
UPDATE sessions SET ended_at = now() WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL

-- name: end_sessions_of
-- All sessions of an agent but one (none is spared when $3 is null); by sessions_agent.
UPDATE sessions SET ended_at = now()
WHERE workspace_id = $1 AND agent_id = $2 AND ended_at IS NULL AND id IS DISTINCT FROM $3::uuid

-- name: find_password
SELECT password_hash FROM agents WHERE workspace_id = $1 AND id = $2 AND active

-- name: set_password
UPDATE agents SET password_hash = $3, updated_at = now() WHERE workspace_id = $1 AND id = $2

-- name: list_tokens
-- The tokens of an agent that still work; by api_tokens_agent.
SELECT id, name, created_at, last_used_at FROM api_tokens
WHERE workspace_id = $1 AND agent_id = $2 AND revoked_at IS NULL
ORDER BY created_at, id LIMIT 100

-- name: add_token
INSERT INTO api_tokens (workspace_id, id, agent_id, name, token_hash)
VALUES ($1, $2, $3, $4, $5) RETURNING id, name, created_at, last_used_at

-- name: revoke_token
UPDATE api_tokens SET revoked_at = now()
WHERE workspace_id = $1 AND agent_id = $2 AND id = $3 AND revoked_at IS NULL RETURNING id

-- name: revoke_tokens_of
UPDATE api_tokens SET revoked_at = now()
WHERE workspace_id = $1 AND agent_id = $2 AND revoked_at IS NULL

-- name: touch_token
-- At most once a minute for each token, so that a busy machine does not rewrite its row all day.
UPDATE api_tokens SET last_used_at = now()
WHERE workspace_id = $1 AND id = $2
    AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')

-- name: sweep_sessions
DELETE FROM sessions WHERE workspace_id = $1
    AND (expires_at < now() - interval '1 day' OR ended_at < now() - interval '1 day')
