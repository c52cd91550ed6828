-- name: list_interactions
-- A ticket's interactions above a seq, ascending; by the primary key.
SELECT i.id, i.ticket_id, i.seq, i.public_seq, i.author_type, i.author_id,
    coalesce(a.name, c.name, 'Parley') AS author_name, i.type, i.content, i.content_html,
    i.created_at, i.attachment_ids, i.client_id
FROM interactions i
LEFT JOIN agents a
    ON i.author_type = 'agent' AND a.workspace_id = i.workspace_id AND a.id = i.author_id
LEFT JOIN customers c
    ON i.author_type = 'customer' AND c.workspace_id = i.workspace_id AND c.id = i.author_id
WHERE i.workspace_id = $1 AND i.ticket_id = $2 AND i.seq > $3
ORDER BY i.seq LIMIT $4

-- name: list_files
-- The files of some interactions; by attachments_interaction.
SELECT interaction_id, id, filename, mime_type, size_bytes FROM attachments
WHERE workspace_id = $1 AND interaction_id = ANY ($2::uuid[]) ORDER BY id

-- name: find_html
-- The sanitised HTML of one interaction, empty when it has none; by the primary key, within one ticket.
SELECT coalesce(content_html, '') AS content_html FROM interactions WHERE workspace_id = $1 AND ticket_id = $2 AND id = $3
