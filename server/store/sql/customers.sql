-- name: select_customers
-- Customers with the number of their tickets, by tickets_customer.
SELECT c.id, c.name, c.email, c.company, c.contact_info, c.tier, c.language, c.custom_fields, c.created_at, c.updated_at,
    (SELECT count(*) FROM tickets t
     WHERE t.workspace_id = c.workspace_id AND t.customer_id = c.id) AS tickets_count
    /*sort*/
FROM customers c WHERE c.workspace_id = $1 AND c.merged_into IS NULL

-- name: lock_customer
SELECT id FROM customers WHERE workspace_id = $1 AND id = $2 FOR UPDATE

-- name: add_customer
INSERT INTO customers (workspace_id, id, name, email, contact_info, company, tier, language, custom_fields)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: change_customer
UPDATE customers SET name = $3, email = $4, contact_info = $5, updated_at = now()
WHERE workspace_id = $1 AND id = $2

-- name: change_facts
-- What policies may ask, with the moment of the change; no row when nothing is other than it was (primary key).
UPDATE customers SET company = $3, tier = $4, language = $5, custom_fields = $6::jsonb, facts_changed_at = now()
WHERE workspace_id = $1 AND id = $2
    AND (company, tier, language, custom_fields) IS DISTINCT FROM ($3, $4, $5, $6::jsonb)
RETURNING id

-- name: find_or_add
-- The customers of these addresses, made where they are missing, one row for each address asked for;
-- by customers_email_key and customer_addresses. What exists keeps its name.
WITH asked AS (
    SELECT a.id, a.email, a.name, lower(a.email) AS email_key
    FROM unnest($2::uuid[], $3::text[], $4::text[]) AS a (id, email, name)
), added AS (
    INSERT INTO customers (workspace_id, id, email, name)
    SELECT $1, a.id, a.email, a.name FROM asked a
    WHERE NOT EXISTS (SELECT FROM customers c
        WHERE c.workspace_id = $1 AND c.email_key = a.email_key)
    AND NOT EXISTS (SELECT FROM customer_addresses f
        WHERE f.workspace_id = $1 AND f.email = a.email_key)
    ON CONFLICT DO NOTHING
    RETURNING id, name, email, email_key
), known AS (
    SELECT * FROM added
    UNION ALL
    SELECT c.id, c.name, c.email, c.email_key FROM customers c
    WHERE c.workspace_id = $1 AND c.email_key IN (SELECT email_key FROM asked)
    UNION ALL
    SELECT c.id, c.name, c.email, f.email FROM customer_addresses f
    JOIN customers c ON c.workspace_id = f.workspace_id AND c.id = f.customer_id
    WHERE f.workspace_id = $1 AND f.email IN (SELECT email_key FROM asked) AND NOT EXISTS (
        SELECT FROM customers o WHERE o.workspace_id = $1 AND o.email_key = f.email))
SELECT a.email AS asked, k.id, k.name, k.email FROM asked a JOIN known k USING (email_key)

-- name: find_customer
SELECT id, name, email FROM customers WHERE workspace_id = $1 AND id = $2

-- name: find_agent_address
SELECT email FROM agents WHERE workspace_id = $1 AND id = $2

-- name: list_addresses
-- What is known of a customer's addresses, the main one first (customer_addresses_customer).
SELECT a.email, a.bounced_at, a.bounce FROM customers c
JOIN customer_addresses a ON a.workspace_id = c.workspace_id AND a.customer_id = c.id
WHERE c.workspace_id = $1 AND c.id = $2 ORDER BY a.email <> c.email_key, a.email LIMIT 100
