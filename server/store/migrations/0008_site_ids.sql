-- The id that a site signs is that site's own: two sites of one workspace may both have a customer 1, and the
-- one must not read what the other said.
ALTER TABLE customers ADD COLUMN external_inbox_id uuid;
-- The owner is no exception to a forced policy, and has to see every workspace here.
ALTER TABLE customers NO FORCE ROW LEVEL SECURITY;
ALTER TABLE visitors NO FORCE ROW LEVEL SECURITY;
UPDATE customers c SET external_inbox_id = (
    SELECT v.inbox_id FROM visitors v
    WHERE v.workspace_id = c.workspace_id AND v.customer_id = c.id AND v.verified ORDER BY v.id LIMIT 1)
WHERE external_id IS NOT NULL;
ALTER TABLE customers FORCE ROW LEVEL SECURITY;
ALTER TABLE visitors FORCE ROW LEVEL SECURITY;
DROP INDEX customers_external_id;
CREATE UNIQUE INDEX customers_external_id ON customers (workspace_id, external_inbox_id, external_id)
    WHERE external_id IS NOT NULL;
