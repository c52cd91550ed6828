-- name: list_fetched
-- Inboxes of all workspaces that fetch a mailbox, through a definer function.
SELECT workspace_id, inbox_id, updated_at FROM list_fetched_inboxes()

-- name: open
-- Where fetching goes on. Another mailbox, or another numbering of it, begins anew (primary key).
INSERT INTO mailboxes AS m (workspace_id, inbox_id, folder, mailbox, uidvalidity) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (workspace_id, inbox_id, folder) DO UPDATE SET
    last_uid = CASE WHEN m.mailbox = $4 AND m.uidvalidity = $5 THEN m.last_uid ELSE 0 END,
    fetched = CASE WHEN m.mailbox = $4 AND m.uidvalidity = $5 THEN m.fetched ELSE 0 END,
    missing = CASE WHEN m.mailbox = $4 AND m.uidvalidity = $5 THEN m.missing END,
    mailbox = $4, uidvalidity = $5
RETURNING last_uid, compared_at

-- name: advance
-- Moves on and says that the folder was seen just now (primary key).
UPDATE mailboxes SET last_uid = greatest(last_uid, $4), fetched = fetched + $5, waiting = $6,
    last_seen_at = now(), error = NULL, error_at = NULL
WHERE workspace_id = $1 AND inbox_id = $2 AND folder = $3

-- name: fail
INSERT INTO mailboxes (workspace_id, inbox_id, folder, mailbox, error, error_at) VALUES ($1, $2, $3, $4, $5, now())
ON CONFLICT (workspace_id, inbox_id, folder) DO UPDATE SET error = excluded.error, error_at = now()

-- name: forget_others
-- Folders that the inbox's settings name no more (primary key).
DELETE FROM mailboxes WHERE workspace_id = $1 AND inbox_id = $2 AND folder <> ALL ($3::text[])

-- name: missing
-- Of these numbers, those that are not kept (raw_mails_uid).
SELECT n.uid FROM unnest($5::bigint[]) AS n(uid)
WHERE NOT EXISTS (SELECT FROM raw_mails m WHERE m.workspace_id = $1 AND m.inbox_id = $2 AND m.mailbox = $3
    AND m.uidvalidity = $4 AND m.uid = n.uid)
ORDER BY 1

-- name: note_compared
UPDATE mailboxes SET missing = $4, compared_at = now() WHERE workspace_id = $1 AND inbox_id = $2 AND folder = $3

-- name: find_last
-- How far a folder was read, as long as it is the same one (primary key).
SELECT last_uid FROM mailboxes
WHERE workspace_id = $1 AND inbox_id = $2 AND folder = $3 AND mailbox = $4 AND uidvalidity = $5
