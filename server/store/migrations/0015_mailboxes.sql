-- Several folders of a mailbox for each inbox, how far each is, and what a comparison with the server found;
-- an inbox may take all mail of its domain.

-- The folder is what follows user@host:port/ in the name. (A rewrite, as an UPDATE would see one workspace only.)
ALTER TABLE mailboxes ADD COLUMN folder text NOT NULL DEFAULT 'INBOX',
    ADD COLUMN fetched bigint NOT NULL DEFAULT 0,
    ADD COLUMN waiting bigint NOT NULL DEFAULT 0,
    ADD COLUMN missing bigint,
    ADD COLUMN compared_at timestamptz;
ALTER TABLE mailboxes ALTER COLUMN folder TYPE text USING coalesce(substring(mailbox FROM ':[0-9]+/(.+)$'), 'INBOX'),
    DROP CONSTRAINT mailboxes_pkey, ADD PRIMARY KEY (workspace_id, inbox_id, folder);

CREATE INDEX inboxes_catch_all ON inboxes (substring(lower(address) FROM '[^@]*$'))
    WHERE deleted_at IS NULL AND settings->>'catch_all' = 'true';

-- The inbox of an address, or else the oldest that takes all mail of its domain.
CREATE OR REPLACE FUNCTION find_inbox_by_address(address text) RETURNS TABLE (workspace_id uuid, inbox_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT f.workspace_id, f.id FROM (
        SELECT i.workspace_id, i.id, i.created_at, 0 AS place FROM inboxes i
        WHERE lower(i.address) = lower($1) AND i.deleted_at IS NULL
        UNION ALL
        SELECT i.workspace_id, i.id, i.created_at, 1 FROM inboxes i
        WHERE substring(lower(i.address) FROM '[^@]*$') = substring(lower($1) FROM '[^@]*$')
            AND i.settings->>'catch_all' = 'true' AND i.deleted_at IS NULL
    ) f ORDER BY f.place, f.created_at, f.id LIMIT 1
$$;
