-- The words of attached files; what a text amounts to is said by a function of migration 0016.

-- name: list_unread
-- Files of the interactions ($2, $3) whose words are not there yet (primary keys, attachments_interaction).
SELECT a.id, a.ticket_id, i.type = 'note' AS note, a.filename, a.mime_type, a.size_bytes, a.content_key
FROM unnest($2::uuid[], $3::bigint[]) AS s (ticket_id, seq)
JOIN interactions i ON i.workspace_id = $1 AND i.ticket_id = s.ticket_id AND i.seq = s.seq AND i.attachment_ids <> '{}'
JOIN attachments a ON a.workspace_id = $1 AND a.interaction_id = i.id
WHERE NOT EXISTS (SELECT FROM search_files f WHERE f.workspace_id = $1 AND f.attachment_id = a.id)
ORDER BY a.id

-- name: list_unread_after
-- The next $3 files after $2, by id, whose words are not there, whichever ticket they belong to (primary keys).
SELECT a.id, a.ticket_id, i.type = 'note' AS note, a.filename, a.mime_type, a.size_bytes, a.content_key
FROM attachments a
JOIN interactions i ON i.workspace_id = $1 AND i.ticket_id = a.ticket_id AND i.id = a.interaction_id
WHERE a.workspace_id = $1 AND a.id > $2
    AND NOT EXISTS (SELECT FROM search_files f WHERE f.workspace_id = $1 AND f.attachment_id = a.id)
ORDER BY a.id LIMIT $3

-- name: index_file
-- The words of a file, once: files never change.
INSERT INTO search_files (workspace_id, attachment_id, ticket_id, note, words, error)
VALUES ($1, $2, $3, $4, file_words($5), $6) ON CONFLICT DO NOTHING
