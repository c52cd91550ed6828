-- Letters to agents who are not there: rows of outgoing_mails that have an agent_id.

-- name: queue_notices
-- One letter for each agent and ticket of these notifications, due after $5, unless one waits that nobody has tried yet:
-- that will say this, too. It leaves by the ticket's inbox, or by the oldest mail inbox that has a relay ($6: the desk has
-- one). Nobody is written to at an address of our own: that would come back. Look-ups by primary keys and
-- outgoing_mails_ticket; the workspace's inboxes are some tens of rows.
WITH new AS (
    SELECT n.agent_id, n.ticket_id, min(n.arrival) AS arrival, gen_random_uuid() AS id
    FROM unnest($2::uuid[], $3::uuid[], $4::bigint[]) AS n (agent_id, ticket_id, arrival) GROUP BY 1, 2
), queued AS (
    INSERT INTO outgoing_mails (workspace_id, interaction_id, ticket_id, inbox_id, message_id, automatic, agent_id,
        told_from, next_attempt_at)
    SELECT $1, n.id, n.ticket_id, b.id, replace(n.id::text, '-', '') || '.notice@' || $7, true, n.agent_id, n.arrival,
        now() + $5
    FROM new n
    JOIN agents a ON a.workspace_id = $1 AND a.id = n.agent_id AND a.active AND a.mail_notifications
    JOIN tickets t ON t.workspace_id = $1 AND t.id = n.ticket_id
    CROSS JOIN LATERAL (
        SELECT i.id FROM inboxes i
        WHERE i.workspace_id = $1 AND i.channel = 'email' AND i.deleted_at IS NULL
            AND ($6 OR jsonb_typeof(i.settings->'smtp') = 'object')
        ORDER BY i.id <> t.inbox_id, i.created_at, i.id LIMIT 1) b
    WHERE NOT EXISTS (SELECT FROM outgoing_mails o
            WHERE o.workspace_id = $1 AND o.ticket_id = n.ticket_id AND o.agent_id = n.agent_id
                AND o.state = 'queued' AND o.attempts = 0)
        AND NOT EXISTS (SELECT FROM inboxes i
            WHERE i.workspace_id = $1 AND i.channel = 'email' AND lower(i.address) = lower(a.email))
    RETURNING ticket_id, message_id
)
INSERT INTO message_ids (workspace_id, message_id, ticket_id, outgoing)
SELECT $1, message_id, ticket_id, true FROM queued ON CONFLICT DO NOTHING

-- name: fetch_notice
-- What a letter says of its ticket, while its agent wants it, may see the ticket and is not connected (primary keys).
SELECT t.number, t.subject, t.id AS ticket_id, c.name AS customer_name, a.name AS agent_name, a.email AS agent_email,
    a.id AS agent_id, a.role, b.name AS inbox_name, b.address, b.settings, b.secrets, o.created_at, o.queued_at,
    coalesce(said.content, '') AS said
FROM outgoing_mails o
JOIN agents a ON a.workspace_id = $1 AND a.id = o.agent_id AND a.active AND a.mail_notifications
JOIN tickets t ON t.workspace_id = $1 AND t.id = o.ticket_id
JOIN customers c ON c.workspace_id = $1 AND c.id = t.customer_id
JOIN inboxes b ON b.workspace_id = $1 AND b.id = o.inbox_id AND b.deleted_at IS NULL
LEFT JOIN LATERAL (SELECT i.content FROM interactions i
    WHERE i.workspace_id = $1 AND i.ticket_id = t.id AND i.type = 'message' AND i.author_type = 'customer'
    ORDER BY i.seq DESC LIMIT 1) said ON true
WHERE o.workspace_id = $1 AND o.interaction_id = $2
    AND (a.role = 'admin' OR EXISTS (SELECT FROM inbox_members m
        WHERE m.workspace_id = $1 AND m.inbox_id = t.inbox_id AND m.agent_id = a.id))
    AND NOT EXISTS (SELECT FROM connected_agents k WHERE k.workspace_id = $1 AND k.agent_id = a.id)

-- name: list_reasons
-- What the agent was notified of and has not read, oldest first (notifications_unread); twenty at most.
SELECT n.kind, n.target, n.due_at, w.name AS actor_name FROM notifications n
JOIN outgoing_mails o ON o.workspace_id = $1 AND o.interaction_id = $2
LEFT JOIN agents w ON w.workspace_id = $1 AND w.id = n.actor_id
WHERE n.workspace_id = $1 AND n.agent_id = o.agent_id AND n.ticket_id = o.ticket_id AND n.read_at IS NULL
    AND n.arrival >= o.told_from
ORDER BY n.arrival LIMIT 20

-- name: find_room
-- How long until an agent may have another letter, when they had $3 within an hour (outgoing_mails_agent).
SELECT min(newest.sent_at) + interval '1 hour' - now() FROM (
    SELECT o.sent_at FROM outgoing_mails o
    WHERE o.workspace_id = $1 AND o.agent_id = $2 AND o.sent_at > now() - interval '1 hour'
    ORDER BY o.sent_at DESC LIMIT $3) newest
HAVING count(*) >= $3

-- name: list_held
-- What else an agent was not told while they had too many (outgoing_mails_agent); twenty at most.
SELECT o.interaction_id AS id, t.number, t.subject FROM outgoing_mails o
JOIN tickets t ON t.workspace_id = $1 AND t.id = o.ticket_id
JOIN agents a ON a.workspace_id = $1 AND a.id = o.agent_id
WHERE o.workspace_id = $1 AND o.agent_id = $2 AND o.sent_at IS NULL AND o.held AND o.state = 'queued'
    AND o.interaction_id <> $3
    AND (a.role = 'admin' OR EXISTS (SELECT FROM inbox_members m
        WHERE m.workspace_id = $1 AND m.inbox_id = t.inbox_id AND m.agent_id = a.id))
ORDER BY o.created_at, o.interaction_id LIMIT 20

-- name: hold_back
-- Too many within an hour: waits for room, and does not count as tried.
UPDATE outgoing_mails SET held = true, attempts = greatest(attempts - 1, 0), next_attempt_at = now() + $4,
    claimed_by = NULL
WHERE workspace_id = $1 AND interaction_id = $2 AND state = 'queued' AND claimed_by = $3

-- name: forget
-- Letters that need not be sent (any more), and their ids.
WITH gone AS (
    DELETE FROM outgoing_mails
    WHERE workspace_id = $1 AND interaction_id = ANY ($2::uuid[]) AND agent_id IS NOT NULL AND state = 'queued'
    RETURNING message_id
)
DELETE FROM message_ids k USING gone WHERE k.workspace_id = $1 AND k.message_id = gone.message_id

-- name: find_answerers
-- Agents, active or not, who have one of these references in their id or one of these addresses (agents of the workspace,
-- and their inboxes by primary key).
SELECT a.id, a.name, lower(a.email) AS email, a.role, a.active, right(a.id::text, 10) AS reference,
    ARRAY(SELECT m.inbox_id FROM inbox_members m WHERE m.workspace_id = $1 AND m.agent_id = a.id) AS inbox_ids
FROM agents a
WHERE a.workspace_id = $1 AND (right(a.id::text, 10) = ANY ($2::text[]) OR lower(a.email) = ANY ($3::text[]))
LIMIT 1000
