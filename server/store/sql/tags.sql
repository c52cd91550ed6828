-- name: select_tags
-- Tags with the number of their tickets: one pass over those that have any, by tickets_tagged.
SELECT g.id, g.name, coalesce(n.tickets, 0) AS tickets_count
    /*sort*/
FROM tags g
LEFT JOIN (
    SELECT tag_id, count(*) AS tickets FROM tickets t, unnest(t.tag_ids) AS tag_id
    WHERE t.workspace_id = $1 AND t.tag_ids <> '{}' GROUP BY tag_id) n ON n.tag_id = g.id
WHERE g.workspace_id = $1

-- name: add_tag
INSERT INTO tags (workspace_id, id, name) VALUES ($1, $2, $3)

-- name: add_missing
-- The tags of these names, made where they are missing; a parallel one with the same name wins.
INSERT INTO tags (workspace_id, id, name)
SELECT $1, n.id, n.name FROM unnest($2::uuid[], $3::text[]) AS n (id, name)
ON CONFLICT DO NOTHING

-- name: list_by_name
-- Ids by name, whatever the case; by tags_name.
SELECT id, name FROM tags WHERE workspace_id = $1 AND lower(name) = ANY ($2::text[])

-- name: is_used
-- Whether any ticket carries it; by tickets_tagged.
SELECT EXISTS (SELECT FROM tickets WHERE workspace_id = $1 AND tag_ids <> '{}' AND tag_ids @> ARRAY[$2::uuid])

-- name: delete_tag
DELETE FROM tags WHERE workspace_id = $1 AND id = $2 RETURNING id
