-- name: lock_both
-- Two customers, held until commit (primary key), in id order.
SELECT id, email, external_id, merged_into FROM customers WHERE workspace_id = $1 AND id = ANY ($2::uuid[])
ORDER BY id FOR UPDATE

-- name: retire
-- The one of them gives up what only one can have (primary key).
UPDATE customers SET email = NULL, external_id = NULL, merged_into = $3, updated_at = now()
WHERE workspace_id = $1 AND id = $2

-- name: take_over
-- The other takes what they have not themselves (primary key).
UPDATE customers SET email = coalesce(email, $3), external_id = coalesce(external_id, $4), updated_at = now()
WHERE workspace_id = $1 AND id = $2

-- name: add_address
-- The main address of the one becomes a further one of the other (primary key).
INSERT INTO customer_addresses AS a (workspace_id, email, customer_id) VALUES ($1, lower($3), $2)
ON CONFLICT (workspace_id, email) DO UPDATE SET customer_id = $2

-- name: move_addresses
UPDATE customer_addresses SET customer_id = $3 WHERE workspace_id = $1 AND customer_id = $2

-- name: move_visitors
UPDATE visitors SET customer_id = $3 WHERE workspace_id = $1 AND customer_id = $2

-- name: move_participants
-- Tickets that both take part in keep one of them (ticket_participants_customer).
WITH gone AS (
    DELETE FROM ticket_participants WHERE workspace_id = $1 AND customer_id = $2
    RETURNING ticket_id, added_by, created_at
)
INSERT INTO ticket_participants (workspace_id, ticket_id, customer_id, added_by, created_at)
SELECT $1, g.ticket_id, $3, g.added_by, g.created_at FROM gone g ON CONFLICT DO NOTHING

-- name: move_said
-- What they said, in their own tickets and those they take part in (tickets_customer, then primary keys).
UPDATE interactions i SET author_id = $3
WHERE i.workspace_id = $1 AND i.author_type = 'customer' AND i.author_id = $2 AND i.ticket_id IN (
    SELECT id FROM tickets WHERE workspace_id = $1 AND customer_id = $2
    UNION SELECT ticket_id FROM ticket_participants WHERE workspace_id = $1 AND customer_id = $2)

-- name: list_tickets
-- Tickets that are still theirs (tickets_customer).
SELECT id FROM tickets WHERE workspace_id = $1 AND customer_id = $2 ORDER BY id LIMIT $3
