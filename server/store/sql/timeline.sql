-- name: list_events
-- A ticket's events above a seq, ascending, with what was said and who did it (primary keys all the way).
SELECT e.seq, e.public_seq, e.at, e.actor_type, e.actor_id, e.data, coalesce(a.name, c.name, '') AS actor_name,
       i.id AS interaction_id, i.type AS interaction_type, i.author_type, i.author_id, i.content, i.content_html,
       i.client_id, i.attachment_ids
FROM events e
LEFT JOIN interactions i ON i.workspace_id = $1 AND i.ticket_id = $2 AND i.seq = e.seq
LEFT JOIN agents a ON e.actor_type = 'agent' AND a.workspace_id = $1 AND a.id = e.actor_id
LEFT JOIN customers c ON e.actor_type = 'customer' AND c.workspace_id = $1 AND c.id = e.actor_id
WHERE e.workspace_id = $1 AND e.ticket_id = $2 AND e.seq > $3
ORDER BY e.seq LIMIT $4

-- name: list_public_events
-- The same by public_seq, for a customer: what they may not see is not read.
SELECT e.seq, e.public_seq, e.at, e.actor_type, e.actor_id, e.data, coalesce(a.name, c.name, '') AS actor_name,
       i.id AS interaction_id, i.type AS interaction_type, i.author_type, i.author_id, i.content, i.content_html,
       i.client_id, i.attachment_ids
FROM events e
LEFT JOIN interactions i ON i.workspace_id = $1 AND i.ticket_id = $2 AND i.seq = e.seq
LEFT JOIN agents a ON e.actor_type = 'agent' AND a.workspace_id = $1 AND a.id = e.actor_id
LEFT JOIN customers c ON e.actor_type = 'customer' AND c.workspace_id = $1 AND c.id = e.actor_id
WHERE e.workspace_id = $1 AND e.ticket_id = $2 AND e.public_seq > $3
ORDER BY e.seq LIMIT $4

-- name: list_files
-- The files of some interactions (attachments_interaction).
SELECT interaction_id, id, filename, mime_type, size_bytes FROM attachments
WHERE workspace_id = $1 AND interaction_id = ANY($2::uuid[])

-- name: list_names
-- What agents, teams, tags and reasons are called, also those that are gone from the desk (primary keys).
SELECT id, name FROM agents WHERE workspace_id = $1 AND id = ANY($2::uuid[])
UNION ALL SELECT id, name FROM teams WHERE workspace_id = $1 AND id = ANY($2::uuid[])
UNION ALL SELECT id, name FROM tags WHERE workspace_id = $1 AND id = ANY($2::uuid[])
UNION ALL SELECT id, name FROM pause_reasons WHERE workspace_id = $1 AND id = ANY($2::uuid[])

-- name: list_reads
-- How far everybody has read a ticket (primary key).
SELECT reader_id, reader_type, seq FROM reads WHERE workspace_id = $1 AND ticket_id = $2

-- name: keep_reads
-- Read positions only go up (primary key).
INSERT INTO reads AS r (workspace_id, ticket_id, reader_id, reader_type, seq)
SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[])
ON CONFLICT (workspace_id, ticket_id, reader_id) DO UPDATE SET seq = greatest(r.seq, excluded.seq), at = now()
