-- A reason that is gone cannot be chosen any more; tickets and their history keep its name.
ALTER TABLE pause_reasons ADD COLUMN deleted_at timestamptz;
DROP INDEX pause_reasons_name;
CREATE UNIQUE INDEX pause_reasons_name ON pause_reasons (workspace_id, lower(name)) WHERE deleted_at IS NULL;

-- Who works through what is to be measured anew reads the oldest first, and replaces those of one customer.
CREATE INDEX sla_applications_age ON sla_applications (created_at, id);
CREATE INDEX sla_applications_customer ON sla_applications (workspace_id, customer_id);
