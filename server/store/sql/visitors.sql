-- name: add_visitor
INSERT INTO visitors (workspace_id, id, inbox_id, customer_id, verified)
VALUES ($1, $2, $3, $4, $5)

-- name: touch_visitor
-- A visitor who comes back to the same inbox; none when they signed out.
UPDATE visitors SET last_seen_at = now()
WHERE workspace_id = $1 AND id = $2 AND inbox_id = $3 AND ended_at IS NULL
RETURNING id, customer_id, verified

-- name: end_visitor
UPDATE visitors SET ended_at = now() WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL

-- name: find_identified
-- The customer that an inbox's site knows by this id; by customers_external_id.
SELECT id, name, email FROM customers WHERE workspace_id = $1 AND external_inbox_id = $2 AND external_id = $3

-- name: name_by_email
-- A customer who is known by address only, by customers_email_key, gets the site's id.
UPDATE customers SET external_inbox_id = $2, external_id = $3, updated_at = now()
WHERE workspace_id = $1 AND email_key = lower($4) AND external_id IS NULL
RETURNING id, name, email

-- name: add_identified
-- An address that is another customer's stays theirs; a parallel request with the same id wins.
INSERT INTO customers (workspace_id, id, external_inbox_id, external_id, name, email)
SELECT $1, $2, $3, $4, $5, CASE WHEN NOT EXISTS (
    SELECT FROM customers o WHERE o.workspace_id = $1 AND o.email_key = lower($6)) THEN $6 END
ON CONFLICT DO NOTHING RETURNING id, name, email

-- name: rename_identified
-- What the site signs is what holds; an address that is another customer's stays theirs.
UPDATE customers c SET name = coalesce($3, c.name),
    email = CASE WHEN $4::text IS NULL OR EXISTS (
        SELECT FROM customers o WHERE o.workspace_id = $1 AND o.email_key = lower($4) AND o.id <> $2)
        THEN c.email ELSE $4 END,
    updated_at = now()
WHERE c.workspace_id = $1 AND c.id = $2
    AND (c.name IS DISTINCT FROM coalesce($3, c.name) OR c.email IS DISTINCT FROM coalesce($4, c.email))

-- name: sweep
-- By customers_created, a thousand at a time; the visits go with their customers.
DELETE FROM customers WHERE workspace_id = $1 AND id IN (
    SELECT c.id FROM customers c
    WHERE c.workspace_id = $1 AND c.created_at < now() - interval '30 days'
        AND c.name_key = '' AND c.email_key = '' AND c.external_id IS NULL
        AND EXISTS (SELECT FROM visitors v WHERE v.workspace_id = $1 AND v.customer_id = c.id)
        AND NOT EXISTS (SELECT FROM visitors v WHERE v.workspace_id = $1 AND v.customer_id = c.id
            AND v.last_seen_at > now() - interval '30 days')
        AND NOT EXISTS (SELECT FROM tickets t WHERE t.workspace_id = $1 AND t.customer_id = c.id)
    ORDER BY c.created_at LIMIT 1000)
