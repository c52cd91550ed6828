-- name: find_attachment
-- By the primary key; with what rights on it depend on, when it is part of a ticket.
SELECT a.id, a.ticket_id, a.interaction_id, a.filename, a.mime_type, a.size_bytes, a.content_key,
    a.uploaded_by_type, a.uploaded_by, a.created_at,
    t.inbox_id, t.customer_id, t.visitor_id, t.channel_source, i.type AS interaction_type
FROM attachments a
LEFT JOIN tickets t ON t.workspace_id = a.workspace_id AND t.id = a.ticket_id
LEFT JOIN interactions i ON i.workspace_id = a.workspace_id AND i.ticket_id = a.ticket_id AND i.id = a.interaction_id
WHERE a.workspace_id = $1 AND a.id = $2

-- name: add_attachment
INSERT INTO attachments (workspace_id, id, filename, mime_type, size_bytes, content_key,
    uploaded_by_type, uploaded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id, interaction_id, filename, mime_type, size_bytes, uploaded_by, created_at

-- name: lock_uploads
-- Uploads of one person go one after the other, so that a quota holds; until commit.
SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 41))

-- name: sum_unattached
-- How much somebody has lying about; by attachments_unattached.
SELECT count(*) AS files, coalesce(sum(size_bytes), 0)::bigint AS bytes FROM attachments
WHERE workspace_id = $1 AND uploaded_by = $2 AND interaction_id IS NULL

-- name: sum_unattached_visitors
-- The same for all visitors of a workspace together.
SELECT count(*) AS files, coalesce(sum(size_bytes), 0)::bigint AS bytes FROM attachments
WHERE workspace_id = $1 AND uploaded_by_type = 'customer' AND interaction_id IS NULL

-- name: sweep
-- Forgets what was never attached in a day; by attachments_unattached_age. Five hundred at a time.
DELETE FROM attachments WHERE workspace_id = $1 AND id IN (
    SELECT id FROM attachments WHERE workspace_id = $1 AND interaction_id IS NULL
        AND created_at < now() - interval '24 hours' ORDER BY created_at LIMIT 500)
    AND interaction_id IS NULL
RETURNING content_key

-- name: list_used_keys
-- Which of these contents something still points to; by attachments_content.
SELECT DISTINCT content_key FROM attachments
WHERE workspace_id = $1 AND content_key = ANY ($2::text[])

-- name: find_workspace
-- Before a workspace is known, through a definer function, once a link's signature was checked.
SELECT find_attachment_workspace($1)
