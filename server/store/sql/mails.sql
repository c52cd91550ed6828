-- name: find_mail_inbox
-- Before a workspace is known, by inboxes_address, through a definer function.
SELECT workspace_id, inbox_id FROM find_inbox_by_address($1)

-- name: add_mails
-- Keeps mails as they came. One that was fetched before (raw_mails_uid) is left as it is.
INSERT INTO raw_mails (workspace_id, id, inbox_id, source, envelope, bytes, mailbox, uidvalidity, uid)
SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::jsonb[], $6::bytea[], $7::text[], $8::bigint[],
    $9::bigint[])
ON CONFLICT (workspace_id, inbox_id, mailbox, uidvalidity, uid) WHERE uid IS NOT NULL DO NOTHING

-- name: claim
-- Takes waiting mails of all workspaces through a definer function; locks and leases them.
SELECT * FROM claim_mails($1, $2, $3)

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
SELECT k.message_id, k.outgoing, k.interaction_id, t.id, t.number, t.customer_id, t.status,
    ARRAY(SELECT p.customer_id FROM ticket_participants p
          WHERE p.workspace_id = t.workspace_id AND p.ticket_id = t.id) AS participants
FROM message_ids k JOIN tickets t ON t.workspace_id = k.workspace_id AND t.id = k.ticket_id
WHERE k.workspace_id = $1 AND k.message_id = ANY($2::text[])

-- name: find_numbers
-- The tickets of these numbers (unique index).
SELECT t.id, t.number, t.customer_id, t.status,
    ARRAY(SELECT p.customer_id FROM ticket_participants p
          WHERE p.workspace_id = t.workspace_id AND p.ticket_id = t.id) AS participants
FROM tickets t WHERE t.workspace_id = $1 AND t.number = ANY($2::bigint[])

-- name: find_interaction_at
SELECT id FROM interactions WHERE workspace_id = $1 AND ticket_id = $2 AND seq = $3

-- name: add_files
-- Attachments of a mail, before the interaction that they will belong to; repeating it is harmless.
INSERT INTO attachments (workspace_id, id, filename, mime_type, size_bytes, content_key, content_id,
    uploaded_by_type, uploaded_by)
SELECT $1, id, filename, mime_type, size_bytes, content_key, content_id, $8, $9
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])
    AS f(id, filename, mime_type, size_bytes, content_key, content_id)
ON CONFLICT DO NOTHING

-- name: fetch_raw
-- A mail as it came (primary key).
SELECT bytes FROM raw_mails WHERE workspace_id = $1 AND id = $2

-- name: queue_outgoing
-- Replies to be sent: an agent's public messages on mail tickets. Repeating it is harmless (primary key).
INSERT INTO outgoing_mails (workspace_id, interaction_id, ticket_id, inbox_id, message_id)
SELECT i.workspace_id, i.id, t.id, t.inbox_id, n.message_id
FROM unnest($2::uuid[], $3::bigint[], $4::text[]) AS n(ticket_id, seq, message_id)
JOIN tickets t ON t.workspace_id = $1 AND t.id = n.ticket_id AND t.channel_source = 'email'
JOIN interactions i ON i.workspace_id = $1 AND i.ticket_id = n.ticket_id AND i.seq = n.seq
    AND i.author_type = 'agent' AND i.type = 'message' AND i.created_at > now() - $5::interval
ON CONFLICT DO NOTHING
RETURNING interaction_id, ticket_id, message_id

-- name: claim_outgoing
-- Takes due replies of all workspaces through a definer function; locks and leases them.
SELECT * FROM claim_outgoing($1, $2, $3)

-- name: fetch_reply
-- All that a reply is made of (primary keys).
SELECT t.number, t.subject, t.customer_id, c.name AS customer_name, c.email AS customer_email,
    i.content, i.content_html, i.attachment_ids, i.created_at, b.name AS inbox_name, b.address, b.settings, b.secrets
FROM interactions i
JOIN tickets t ON t.workspace_id = i.workspace_id AND t.id = i.ticket_id
JOIN customers c ON c.workspace_id = t.workspace_id AND c.id = t.customer_id
JOIN inboxes b ON b.workspace_id = t.workspace_id AND b.id = t.inbox_id
WHERE i.workspace_id = $1 AND i.ticket_id = $2 AND i.id = $3

-- name: list_thread
-- The ids of a ticket's mails, oldest first (message_ids_ticket); the last hundred before an instant.
SELECT message_id, outgoing FROM (
    SELECT message_id, outgoing, created_at FROM message_ids
    WHERE workspace_id = $1 AND ticket_id = $2 AND message_id <> $3
    ORDER BY created_at DESC LIMIT 100) newest
ORDER BY created_at

-- name: list_files
SELECT id, filename, mime_type, size_bytes, content_key, content_id FROM attachments
WHERE workspace_id = $1 AND id = ANY($2::uuid[]) ORDER BY array_position($2::uuid[], id)

-- name: give_back_outgoing
-- Replies that were claimed and not tried: at once again, and it does not count.
UPDATE outgoing_mails SET attempts = greatest(attempts - 1, 0), next_attempt_at = now()
WHERE workspace_id = $1 AND interaction_id = $2 AND state = 'queued'

-- name: sent
UPDATE outgoing_mails SET state = 'sent', sent_at = now(), error = NULL WHERE workspace_id = $1 AND interaction_id = $2

-- name: retry_outgoing
UPDATE outgoing_mails SET error = $3, next_attempt_at = now() + $4
WHERE workspace_id = $1 AND interaction_id = $2 AND state = 'queued'

-- name: fail_outgoing
UPDATE outgoing_mails SET state = 'failed', error = $3 WHERE workspace_id = $1 AND interaction_id = $2
