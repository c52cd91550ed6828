-- A mail's way in costs less: kept in one round trip, claimed without locking it first.

-- Row-level security lets nobody write mail for a workspace but the one they are in. To look it up again for each
-- mail locked the row that openings of tickets lock, too.
ALTER TABLE raw_mails DROP CONSTRAINT raw_mails_workspace_id_fkey;
ALTER TABLE message_ids DROP CONSTRAINT message_ids_workspace_id_fkey;

-- Keeps mails as they came, in one transaction of one round trip, under row-level security like any statement of
-- the caller. One that was fetched before (raw_mails_uid) is left as it is.
CREATE FUNCTION keep_mails(for_workspace uuid, ids uuid[], for_inboxes uuid[], sources text[], envelopes jsonb[],
        raws bytea[], in_mailboxes text[], uidvalidities bigint[], uids bigint[])
    RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS
$$
BEGIN
    PERFORM set_config('parley.workspace_id', for_workspace::text, true);
    INSERT INTO raw_mails (workspace_id, id, inbox_id, source, envelope, bytes, mailbox, uidvalidity, uid)
    SELECT for_workspace, * FROM unnest(ids, for_inboxes, sources, envelopes, raws, in_mailboxes, uidvalidities, uids)
    ON CONFLICT (workspace_id, inbox_id, mailbox, uidvalidity, uid) WHERE uid IS NOT NULL DO NOTHING;
END
$$;
REVOKE ALL ON FUNCTION keep_mails FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_mails TO parley_app;

-- As the one of 0002, which versions before this one call, but that a mail comes with no more than its first
-- first_bytes. One processor at a time claims; where two meet all the same, the second waits for the first one's
-- rows and finds that they were attempted meanwhile. Every row is found by its primary key, whatever the planner
-- believes of a young table.
CREATE FUNCTION claim_mails(max_mails integer, max_bytes bigint, lease interval, first_bytes integer)
    RETURNS TABLE (workspace_id uuid, id uuid, inbox_id uuid, envelope jsonb, bytes bytea, size_bytes bigint,
                   received_at timestamptz, attempts smallint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET enable_hashjoin = off SET enable_mergejoin = off AS
$$
    WITH picked AS (
        SELECT m.workspace_id, m.id, m.size_bytes, m.attempts, m.next_attempt_at FROM raw_mails m
        WHERE m.state = 'received' AND m.next_attempt_at <= now()
        ORDER BY m.next_attempt_at, m.id LIMIT $1
    ), placed AS (
        SELECT p.*, row_number() OVER queue AS place, first_value(p.attempts) OVER queue AS head_attempts,
            sum(p.size_bytes) OVER queue - p.size_bytes AS before
        FROM picked p WINDOW queue AS (ORDER BY p.next_attempt_at, p.id)
    ), claimed AS (
        UPDATE raw_mails m SET attempts = m.attempts + 1, next_attempt_at = now() + $3
        FROM placed p WHERE m.workspace_id = p.workspace_id AND m.id = p.id AND m.attempts = p.attempts
            AND (p.place = 1 OR (p.before < $2 AND p.attempts < 2 AND p.head_attempts < 2))
        RETURNING m.workspace_id, m.id, m.inbox_id, m.envelope, m.bytes, m.size_bytes, m.received_at, m.attempts
    )
    SELECT c.workspace_id, c.id, c.inbox_id, c.envelope, substring(c.bytes FROM 1 FOR $4), c.size_bytes,
        c.received_at, c.attempts
    FROM claimed c ORDER BY c.received_at, c.id
$$;
CALL give_to_definer('claim_mails(integer, bigint, interval, integer)');

-- What follows so many bytes of a mail, under row-level security like any statement of the caller (primary key).
CREATE FUNCTION read_mail(for_workspace uuid, mail_id uuid, after_bytes integer, max_bytes integer)
    RETURNS bytea LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS
$$
BEGIN
    PERFORM set_config('parley.workspace_id', for_workspace::text, true);
    RETURN (SELECT substring(m.bytes FROM after_bytes + 1 FOR max_bytes) FROM raw_mails m
            WHERE m.workspace_id = for_workspace AND m.id = mail_id);
END
$$;
REVOKE ALL ON FUNCTION read_mail FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_mail TO parley_app;
