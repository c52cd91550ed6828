-- name: find_mail_inbox
-- Before a workspace is known, by inboxes_address, through a definer function.
SELECT workspace_id, inbox_id FROM find_inbox_by_address($1)

-- name: add_mails
-- Keeps mails as they came; see the function in migration 0017.
SELECT keep_mails($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: add_piece
-- What follows the first $3 bytes of a mail that this transaction keeps (primary key).
UPDATE raw_mails SET bytes = bytes || $4 WHERE workspace_id = $1 AND id = $2 AND size_bytes = $3

-- name: claim
-- Takes waiting mails of all workspaces through a definer function; leases them.
SELECT * FROM claim_mails($1, $2, $3, $4)

-- name: read_more
-- What follows the first $3 bytes of a claimed mail; see the function in migration 0017.
SELECT read_mail($1, $2, $3, $4)

-- name: release
-- Makes claimed mails claimable again, through a definer function.
SELECT release_mails($1)

-- name: finish
-- Mails that became interactions, or were known already (primary key).
UPDATE raw_mails m SET state = 'done', error = NULL, ticket_id = n.ticket_id, interaction_id = n.interaction_id,
    mail_class = n.mail_class, defects = n.defects::text[], head = n.head
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::jsonb[])
    AS n(id, ticket_id, interaction_id, mail_class, defects, head)
WHERE m.workspace_id = $1 AND m.id = n.id

-- name: fail
-- A mail that could not be taken in this time: later again.
UPDATE raw_mails SET error = $3, next_attempt_at = now() + $4 WHERE workspace_id = $1 AND id = $2 AND state = 'received'

-- name: park
-- A mail that nobody will take by itself any more; its ticket says so, when even that was possible.
UPDATE raw_mails SET state = 'parked', error = $3, ticket_id = $4 WHERE workspace_id = $1 AND id = $2

-- name: add_message_ids
-- The first mail with an id keeps it (primary key).
INSERT INTO message_ids (workspace_id, message_id, ticket_id, interaction_id, outgoing)
SELECT $1, * FROM unnest($2::text[], $3::uuid[], $4::uuid[], $5::boolean[]) ON CONFLICT DO NOTHING

-- name: find_message_ids
-- Which tickets these ids belong to, and whose and how those are (primary keys).
SELECT k.message_id, k.outgoing, k.interaction_id, t.id, t.number, t.customer_id, t.status, t.inbox_id,
    ARRAY(SELECT p.customer_id FROM ticket_participants p
          WHERE p.workspace_id = t.workspace_id AND p.ticket_id = t.id) AS participants
FROM message_ids k JOIN tickets t ON t.workspace_id = k.workspace_id AND t.id = k.ticket_id
WHERE k.workspace_id = $1 AND k.message_id = ANY($2::text[])

-- name: find_numbers
-- The tickets of these numbers (unique index).
SELECT t.id, t.number, t.customer_id, t.status, t.inbox_id,
    ARRAY(SELECT p.customer_id FROM ticket_participants p
          WHERE p.workspace_id = t.workspace_id AND p.ticket_id = t.id) AS participants
FROM tickets t WHERE t.workspace_id = $1 AND t.number = ANY($2::bigint[])

-- name: find_interaction_at
SELECT id FROM interactions WHERE workspace_id = $1 AND ticket_id = $2 AND seq = $3

-- name: add_files
-- Attachments of a mail, before the interaction that they will belong to; repeating it is harmless, also for
-- another author: a mail that was refused as one's may be taken as another's.
INSERT INTO attachments (workspace_id, id, filename, mime_type, size_bytes, content_key, content_id,
    uploaded_by_type, uploaded_by)
SELECT $1, id, filename, mime_type, size_bytes, content_key, content_id, $8, $9
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])
    AS f(id, filename, mime_type, size_bytes, content_key, content_id)
ON CONFLICT (workspace_id, id) DO UPDATE SET uploaded_by_type = excluded.uploaded_by_type,
    uploaded_by = excluded.uploaded_by WHERE attachments.interaction_id IS NULL

-- name: fetch_raw
-- A mail as it came (primary key).
SELECT bytes FROM raw_mails WHERE workspace_id = $1 AND id = $2
