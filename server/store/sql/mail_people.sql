-- name: fetch_own
-- The workspace's mail inboxes (some tens of rows), and which of these addresses are active agents' (agents_email).
SELECT
    (SELECT json_agg(json_build_object('id', id, 'address', lower(address), 'settings', settings))
     FROM (SELECT id, address, settings FROM inboxes
           WHERE workspace_id = $1 AND channel = 'email' AND deleted_at IS NULL LIMIT 1000) i) AS inboxes,
    ARRAY(SELECT lower(email) FROM agents
          WHERE workspace_id = $1 AND active AND lower(email) = ANY ($2::text[])) AS agents

-- name: add_participants
-- Those who are not the ticket's customer, in the order given, up to so many of a ticket (primary key).
INSERT INTO ticket_participants (workspace_id, ticket_id, customer_id, added_by, created_at)
SELECT $1, $2, p.customer_id, $4, now() + p.place * interval '1 microsecond' FROM unnest($3::uuid[]) WITH ORDINALITY AS p (customer_id, place)
WHERE NOT EXISTS (SELECT FROM tickets t
    WHERE t.workspace_id = $1 AND t.id = $2 AND t.customer_id = p.customer_id)
ORDER BY p.place
LIMIT greatest(0, $5::int - (SELECT count(*) FROM ticket_participants
    WHERE workspace_id = $1 AND ticket_id = $2)::int)
ON CONFLICT DO NOTHING

-- name: keep_participants
-- All others leave (primary key).
DELETE FROM ticket_participants WHERE workspace_id = $1 AND ticket_id = $2 AND customer_id <> ALL ($3::uuid[])

-- name: list_participants
-- Who takes part beside the customer, in the order they came (primary key).
SELECT c.id, c.name, c.email FROM ticket_participants p
JOIN customers c ON c.workspace_id = p.workspace_id AND c.id = p.customer_id
WHERE p.workspace_id = $1 AND p.ticket_id = $2 ORDER BY p.created_at, c.id LIMIT 100

-- name: mark_bounced
-- Mail to this address came back: only when it is that of the ticket's customer or of a participant (primary keys).
WITH people AS (
    SELECT customer_id FROM tickets WHERE workspace_id = $1 AND id = $2
    UNION SELECT customer_id FROM ticket_participants WHERE workspace_id = $1 AND ticket_id = $2
), owner AS (
    SELECT c.id FROM customers c JOIN people p ON p.customer_id = c.id
    WHERE c.workspace_id = $1 AND c.email_key = $3
    UNION SELECT a.customer_id FROM customer_addresses a JOIN people p USING (customer_id)
    WHERE a.workspace_id = $1 AND a.email = $3
)
INSERT INTO customer_addresses (workspace_id, email, customer_id, bounced_at, bounce)
SELECT $1, $3, id, now(), $4 FROM owner LIMIT 1
ON CONFLICT (workspace_id, email) DO UPDATE SET bounced_at = now(), bounce = excluded.bounce

-- name: mark_alive
-- Who writes can be written to (primary key).
UPDATE customer_addresses SET bounced_at = NULL, bounce = NULL
WHERE workspace_id = $1 AND email = ANY ($2::text[]) AND bounced_at IS NOT NULL

-- name: count_automatic
-- What the desk said by itself to a customer within a day (tickets_customer, then primary keys).
SELECT count(*) FROM tickets t JOIN interactions i ON i.workspace_id = t.workspace_id AND i.ticket_id = t.id
WHERE t.workspace_id = $1 AND t.customer_id = $2 AND t.updated_at > now() - interval '1 day'
    AND i.author_type = 'system' AND i.type = 'message' AND i.created_at > now() - interval '1 day'

-- name: count_automatic_alike
-- The same for all customers whose address is another spelling of one mailbox's: with a plus part, or other dots.
-- Looks through what was opened within a day (tickets_created, then primary keys): only openings are answered.
SELECT count(*) FROM tickets t
JOIN customers c ON c.workspace_id = t.workspace_id AND c.id = t.customer_id
JOIN interactions i ON i.workspace_id = t.workspace_id AND i.ticket_id = t.id
WHERE t.workspace_id = $1 AND t.created_at > now() - interval '25 hours'
    AND replace(regexp_replace(lower(c.email), '\+.*@', '@'), '.', '') = replace($2, '.', '')
    AND i.author_type = 'system' AND i.type = 'message' AND i.created_at > now() - interval '1 day'
