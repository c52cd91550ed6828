-- name: queue_outgoing
-- Replies to be sent: what agents say to customers in tickets of mail inboxes, however they were opened, and what
-- the desk says by itself, in the order in which they were said. Repeating it is harmless (primary key).
INSERT INTO outgoing_mails (workspace_id, interaction_id, ticket_id, inbox_id, message_id, automatic, created_at)
SELECT i.workspace_id, i.id, t.id, t.inbox_id, n.message_id, i.author_type = 'system',
    now() + i.seq * interval '1 microsecond'
FROM unnest($2::uuid[], $3::bigint[], $4::text[]) AS n(ticket_id, seq, message_id)
JOIN tickets t ON t.workspace_id = $1 AND t.id = n.ticket_id
JOIN inboxes b ON b.workspace_id = $1 AND b.id = t.inbox_id AND b.channel = 'email'
JOIN customers c ON c.workspace_id = $1 AND c.id = t.customer_id
    AND (c.email IS NOT NULL OR t.channel_source = 'email')
JOIN interactions i ON i.workspace_id = $1 AND i.ticket_id = n.ticket_id AND i.seq = n.seq
    AND i.author_type IN ('agent', 'system') AND i.type = 'message' AND i.created_at > now() - $5::interval
ON CONFLICT DO NOTHING
RETURNING interaction_id, ticket_id, message_id

-- name: claim_outgoing
-- Takes due replies of all workspaces through a definer function; locks and leases them.
SELECT * FROM claim_letters($1, $2, $3, $4, $5)

-- name: hold_outgoing
-- Replies that a claimant still holds, for longer (primary key); those that somebody else took since stay theirs.
UPDATE outgoing_mails SET next_attempt_at = now() + $4
WHERE workspace_id = $1 AND interaction_id = ANY($2::uuid[]) AND claimed_by = $3 AND state = 'queued'
RETURNING interaction_id

-- name: fetch_reply
-- All that a reply is made of, but for people, thread and files (primary keys).
SELECT t.number, t.subject, c.name AS customer_name, c.email AS customer_email, coalesce(a.name, '') AS author_name,
    i.seq, i.content, i.content_html, i.attachment_ids, i.created_at, b.name AS inbox_name, b.address, b.settings,
    b.secrets, o.automatic, o.queued_at
FROM interactions i
JOIN tickets t ON t.workspace_id = i.workspace_id AND t.id = i.ticket_id
JOIN customers c ON c.workspace_id = t.workspace_id AND c.id = t.customer_id
JOIN inboxes b ON b.workspace_id = t.workspace_id AND b.id = t.inbox_id
JOIN outgoing_mails o ON o.workspace_id = i.workspace_id AND o.interaction_id = i.id
LEFT JOIN agents a ON i.author_type = 'agent' AND a.workspace_id = i.workspace_id AND a.id = i.author_id
WHERE i.workspace_id = $1 AND i.ticket_id = $2 AND i.id = $3

-- name: list_copied
-- Who takes part in a ticket beside its customer (primary key); at most fifty, the first ones.
SELECT c.name, c.email FROM ticket_participants p
JOIN customers c ON c.workspace_id = p.workspace_id AND c.id = p.customer_id
WHERE p.workspace_id = $1 AND p.ticket_id = $2 AND c.email IS NOT NULL ORDER BY p.created_at, c.id LIMIT 50

-- name: list_quoted
-- What was said to or by the customer before a reply, newest first (primary key); at most five messages.
SELECT coalesce(a.name, c.name, '') AS name, i.content, i.created_at FROM interactions i
LEFT JOIN agents a ON i.author_type = 'agent' AND a.workspace_id = i.workspace_id AND a.id = i.author_id
LEFT JOIN customers c ON i.author_type = 'customer' AND c.workspace_id = i.workspace_id AND c.id = i.author_id
WHERE i.workspace_id = $1 AND i.ticket_id = $2 AND i.seq < $3 AND i.type = 'message' AND i.author_type <> 'system'
ORDER BY i.seq DESC LIMIT 5

-- name: list_bounced
-- Which of these addresses mail came back from, and why (primary key).
SELECT email, bounced_at, bounce FROM customer_addresses
WHERE workspace_id = $1 AND email = ANY($2::text[]) AND bounced_at IS NOT NULL

-- name: list_thread
-- The ids of a ticket's mails, oldest first (message_ids_ticket); the last hundred before an instant. Those of letters
-- to agents (outgoing_mails_ticket) are nothing to its customer.
SELECT message_id, outgoing FROM (
    SELECT message_id, outgoing, created_at FROM message_ids
    WHERE workspace_id = $1 AND ticket_id = $2 AND message_id <> $3 AND message_id NOT IN (
        SELECT o.message_id FROM outgoing_mails o
        WHERE o.workspace_id = $1 AND o.ticket_id = $2 AND o.agent_id IS NOT NULL)
    ORDER BY created_at DESC LIMIT 100) newest
ORDER BY created_at

-- name: list_files
SELECT id, filename, mime_type, size_bytes, content_key, content_id FROM attachments
WHERE workspace_id = $1 AND id = ANY($2::uuid[]) ORDER BY array_position($2::uuid[], id)

-- name: give_back_outgoing
-- A reply that was claimed and not tried: again after a while, and it does not count.
UPDATE outgoing_mails SET attempts = greatest(attempts - 1, 0), next_attempt_at = now() + $4, claimed_by = NULL
WHERE workspace_id = $1 AND interaction_id = $2 AND state = 'queued' AND claimed_by = $3

-- name: address_outgoing
-- Who a reply goes to, before it is tried.
UPDATE outgoing_mails SET people = $3::jsonb WHERE workspace_id = $1 AND interaction_id = $2

-- name: requeue_outgoing
-- A reply that failed, once more from the beginning (primary key); one that is queued or was sent stays as it is.
UPDATE outgoing_mails SET state = 'queued', attempts = 0, error = NULL, next_attempt_at = now(), queued_at = now(),
    claimed_by = NULL
WHERE workspace_id = $1 AND interaction_id = $2 AND state = 'failed' RETURNING true

-- name: sent
UPDATE outgoing_mails SET state = 'sent', sent_at = now(), error = NULL, claimed_by = NULL
WHERE workspace_id = $1 AND interaction_id = $2

-- name: retry_outgoing
UPDATE outgoing_mails SET error = $4, next_attempt_at = now() + $5, claimed_by = NULL
WHERE workspace_id = $1 AND interaction_id = $2 AND state = 'queued' AND claimed_by = $3

-- name: fail_outgoing
UPDATE outgoing_mails SET state = 'failed', error = $4, claimed_by = NULL
WHERE workspace_id = $1 AND interaction_id = $2 AND state = 'queued' AND claimed_by = $3
