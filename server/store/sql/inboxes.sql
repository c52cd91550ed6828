-- name: select_inboxes
-- Inboxes with their members; by the primary key, few in every workspace. Secrets stay where they are.
SELECT i.id, i.name, i.channel, i.address, i.settings, i.created_at,
    ARRAY(SELECT m.agent_id FROM inbox_members m
          WHERE m.workspace_id = i.workspace_id AND m.inbox_id = i.id ORDER BY 1) AS agent_ids
    /*sort*/
FROM inboxes i WHERE i.workspace_id = $1 AND i.deleted_at IS NULL

-- name: lock_inbox
SELECT id, channel, secrets FROM inboxes
WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE

-- name: add_inbox
INSERT INTO inboxes (workspace_id, id, name, channel, address, settings, secrets)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: change_inbox
UPDATE inboxes SET name = $3, address = $4, settings = $5, secrets = $6, updated_at = now()
WHERE workspace_id = $1 AND id = $2

-- name: set_members
WITH gone AS (DELETE FROM inbox_members
    WHERE workspace_id = $1 AND inbox_id = $2 AND agent_id <> ALL ($3::uuid[]))
INSERT INTO inbox_members (workspace_id, inbox_id, agent_id)
SELECT $1, $2, id FROM agents WHERE workspace_id = $1 AND id = ANY ($3::uuid[])
ON CONFLICT DO NOTHING

-- name: delete_inbox
-- Kept for the tickets that came in through it; it receives nothing more, its address is free again.
UPDATE inboxes SET deleted_at = now(), secrets = NULL, token_hash = NULL
WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING id

-- name: set_token
UPDATE inboxes SET token_hash = $3, secrets = $4, updated_at = now()
WHERE workspace_id = $1 AND id = $2

-- name: find_door
-- What a visitor or a relay meets: the inbox's settings, secrets and the digest of its token.
SELECT id, name, channel, address, settings, secrets, token_hash FROM inboxes
WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL

-- name: is_attended
-- Whether somebody who answers there is available: its members, and admins, who answer everywhere
-- (agent_presence_shown, then primary keys).
SELECT EXISTS (
    SELECT FROM agent_presence p JOIN agents a ON a.workspace_id = p.workspace_id AND a.id = p.agent_id
    WHERE p.workspace_id = $1 AND p.status = 'online' AND a.active AND a.role <> 'light_agent'
        AND (a.role = 'admin' OR EXISTS (SELECT FROM inbox_members m
            WHERE m.workspace_id = $1 AND m.inbox_id = $2 AND m.agent_id = a.id)))

-- name: find_default
-- Where tickets made by API go: an api inbox before mail before chat, the oldest of them.
SELECT id, channel FROM inboxes WHERE workspace_id = $1 AND deleted_at IS NULL
    AND ($2::uuid[] IS NULL OR id = ANY ($2))
ORDER BY array_position('{api,email,chat}'::text[], channel), created_at, id LIMIT 1

-- name: find_first_chat
SELECT id, name FROM inboxes WHERE workspace_id = $1 AND deleted_at IS NULL AND channel = 'chat'
ORDER BY created_at, id LIMIT 1

-- name: find_workspace
-- Before a workspace is known, through a definer function.
SELECT find_inbox_workspace($1)

-- name: lock_all_secrets
-- Every inbox's sealed secrets, held until commit (some tens of rows).
SELECT id, secrets FROM inboxes WHERE workspace_id = $1 AND secrets IS NOT NULL ORDER BY id FOR UPDATE

-- name: keep_secrets
UPDATE inboxes SET secrets = $3 WHERE workspace_id = $1 AND id = $2
