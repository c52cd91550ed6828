-- name: select_received
-- Mails as they came, without their bytes; parked ones by raw_mails_parked.
SELECT m.id, m.inbox_id, m.ticket_id, m.interaction_id, m.head, m.envelope, m.received_at AS at, m.mail_class,
    m.defects, m.state, m.attempts, m.error, m.size_bytes
    /*sort*/
FROM raw_mails m WHERE m.workspace_id = $1

-- name: select_sent
-- Mails that leave, with whom they go to when that is not written down yet; failed ones by outgoing_mails_failed.
SELECT o.interaction_id AS id, o.inbox_id, o.ticket_id,
    CASE WHEN o.agent_id IS NULL THEN o.interaction_id END AS interaction_id, o.people, o.created_at AS at, o.automatic,
    o.state, o.attempts, o.error, o.sent_at, coalesce(g.name, c.name) AS customer_name,
    coalesce(g.email, c.email) AS customer_email, b.name AS inbox_name, b.address
    /*sort*/
FROM outgoing_mails o
LEFT JOIN tickets t ON t.workspace_id = o.workspace_id AND t.id = o.ticket_id
LEFT JOIN customers c ON c.workspace_id = t.workspace_id AND c.id = t.customer_id
LEFT JOIN inboxes b ON b.workspace_id = o.workspace_id AND b.id = o.inbox_id
LEFT JOIN agents g ON g.workspace_id = o.workspace_id AND g.id = o.agent_id
WHERE o.workspace_id = $1

-- name: retry_received
-- A parked mail, to be taken in from the beginning (primary key), with the ticket that says so; any other stays as
-- it is.
UPDATE raw_mails SET state = 'received', attempts = 0, next_attempt_at = now(),
    envelope = CASE WHEN ticket_id IS NULL THEN envelope
        ELSE envelope || jsonb_build_object('told_in', ticket_id) END
WHERE workspace_id = $1 AND id = $2 AND state = 'parked' RETURNING true

-- name: list_mailboxes
-- The folders of inboxes that fetch a mailbox, and how they are, by the primary keys.
SELECT i.id AS inbox_id, i.name AS inbox_name, i.address, m.folder, m.last_seen_at,
    extract(epoch FROM now() - m.last_seen_at)::float8 AS lag_seconds, coalesce(m.fetched, 0) AS fetched,
    coalesce(m.waiting, 0) AS waiting, m.error, m.error_at, m.missing, m.compared_at
FROM inboxes i LEFT JOIN mailboxes m ON m.workspace_id = i.workspace_id AND m.inbox_id = i.id
WHERE i.workspace_id = $1 AND i.channel = 'email' AND i.deleted_at IS NULL AND i.settings->>'imap' IS NOT NULL
ORDER BY i.created_at, i.id, m.folder LIMIT 1000
