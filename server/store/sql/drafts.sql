-- name: add_update
-- Adds to a draft, if it is still this generation. The ticket's row is held (FOR KEY SHARE, which only the writer's
-- own lock excludes) until commit: whoever sends the draft comes before or after, and then sees it all or refuses it.
WITH current AS (
    SELECT id FROM tickets WHERE workspace_id = $1 AND id = $2 AND draft_generation = $3 FOR KEY SHARE
)
INSERT INTO draft_updates (workspace_id, ticket_id, id, generation, data)
SELECT $1, id, $4, $3, $5 FROM current

-- name: delete_updates
-- Updates that another one has taken in (primary key).
DELETE FROM draft_updates WHERE workspace_id = $1 AND ticket_id = $2 AND id = ANY($3::uuid[])

-- name: list_heads
-- The generation of some tickets' drafts, and the ids of what is kept of each (primary keys).
SELECT t.id, t.draft_generation, array(SELECT u.id FROM draft_updates u
    WHERE u.workspace_id = $1 AND u.ticket_id = t.id AND u.generation = t.draft_generation) AS ids
FROM tickets t WHERE t.workspace_id = $1 AND t.id = ANY($2::uuid[])

-- name: fetch_updates
-- Some updates of a draft (primary key).
SELECT id, data FROM draft_updates WHERE workspace_id = $1 AND ticket_id = $2 AND id = ANY($3::uuid[])
