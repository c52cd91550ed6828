-- Mail: raw bytes on their way in, replies on their way out, and what ties a mail to a ticket.

-- Every mail as it came, before anything looks into it. `next_attempt_at` is when a processor may take it;
-- taking it moves that on, so that a mail whose processor died is taken again.
CREATE TABLE raw_mails (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    source text NOT NULL CHECK (source IN ('smtp', 'imap', 'webhook')),
    envelope jsonb NOT NULL DEFAULT '{}',
    bytes bytea NOT NULL,
    size_bytes bigint NOT NULL GENERATED ALWAYS AS (octet_length(bytes)) STORED,
    received_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'done', 'parked')),
    attempts smallint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    error text,
    mail_class text,
    defects text[] NOT NULL DEFAULT '{}',
    ticket_id uuid,
    interaction_id uuid,
    -- Where it lay, for mail that was fetched: a mailbox gives each of its mails a number (RFC 3501 §2.3.1.1).
    mailbox text,
    uidvalidity bigint,
    uid bigint,
    PRIMARY KEY (workspace_id, id),
    CHECK ((source = 'imap') = (mailbox IS NOT NULL AND uidvalidity IS NOT NULL AND uid IS NOT NULL))
);
-- Mail is mostly base64: compressing it costs more than it saves.
ALTER TABLE raw_mails ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX raw_mails_uid ON raw_mails (workspace_id, inbox_id, mailbox, uidvalidity, uid)
    WHERE uid IS NOT NULL;
CREATE INDEX raw_mails_waiting ON raw_mails (next_attempt_at, id) WHERE state = 'received';
CREATE INDEX raw_mails_parked ON raw_mails (workspace_id, received_at) WHERE state = 'parked';
CREATE INDEX raw_mails_ticket ON raw_mails (workspace_id, ticket_id) WHERE ticket_id IS NOT NULL;
CALL guard('raw_mails');

-- Which ticket a Message-ID belongs to, of mail that came (`outgoing` false) and mail that left.
CREATE TABLE message_ids (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    message_id text NOT NULL,
    ticket_id uuid NOT NULL,
    interaction_id uuid,
    outgoing boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, message_id)
);
CREATE INDEX message_ids_ticket ON message_ids (workspace_id, ticket_id, created_at);
CALL guard('message_ids');

-- How far each fetched mailbox was read, and how it is. One poller owns a row.
CREATE TABLE mailboxes (
    workspace_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    mailbox text NOT NULL,
    uidvalidity bigint NOT NULL DEFAULT 0,
    last_uid bigint NOT NULL DEFAULT 0,
    last_seen_at timestamptz,
    error text,
    error_at timestamptz,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes ON DELETE CASCADE
);
CALL guard('mailboxes');

-- An agent's message that leaves by mail. Its Message-ID is fixed before the first attempt, so that a relay
-- that gets it twice (a crash between its 250 and our commit) and the reader's program can tell.
CREATE TABLE outgoing_mails (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    interaction_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    message_id text NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
    attempts smallint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    PRIMARY KEY (workspace_id, interaction_id)
);
CREATE INDEX outgoing_mails_due ON outgoing_mails (next_attempt_at) WHERE state = 'queued';
CREATE INDEX outgoing_mails_ticket ON outgoing_mails (workspace_id, ticket_id);
CALL guard('outgoing_mails');

CREATE POLICY claim_waiting ON raw_mails TO parley_definer USING (true);
CREATE POLICY claim_due ON outgoing_mails TO parley_definer USING (true);
GRANT SELECT, UPDATE ON raw_mails, outgoing_mails TO parley_definer;

-- Takes waiting mails, oldest first, at most max_mails and (but for the first) max_bytes; they come back by
-- themselves after lease. One that was claimed twice before and is still here may be what kills processors: it is
-- taken alone, so that no other mail is blamed with it. Locks the rows it takes and skips locked ones.
CREATE FUNCTION claim_mails(max_mails integer, max_bytes bigint, lease interval)
    RETURNS TABLE (workspace_id uuid, id uuid, inbox_id uuid, source text, envelope jsonb, bytes bytea,
                   received_at timestamptz, attempts smallint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    WITH picked AS (
        SELECT m.workspace_id, m.id, m.size_bytes, m.attempts, m.next_attempt_at FROM raw_mails m
        WHERE m.state = 'received' AND m.next_attempt_at <= now()
        ORDER BY m.next_attempt_at, m.id LIMIT $1 FOR UPDATE SKIP LOCKED
    ), placed AS (
        SELECT p.*, row_number() OVER queue AS place, first_value(p.attempts) OVER queue AS head_attempts,
            sum(p.size_bytes) OVER queue - p.size_bytes AS before
        FROM picked p WINDOW queue AS (ORDER BY p.next_attempt_at, p.id)
    ), claimed AS (
        UPDATE raw_mails m SET attempts = m.attempts + 1, next_attempt_at = now() + $3
        FROM placed p WHERE m.workspace_id = p.workspace_id AND m.id = p.id
            AND (p.place = 1 OR (p.before < $2 AND p.attempts < 2 AND p.head_attempts < 2))
        RETURNING m.workspace_id, m.id, m.inbox_id, m.source, m.envelope, m.bytes, m.received_at, m.attempts
    )
    SELECT * FROM claimed c ORDER BY c.received_at, c.id
$$;
CALL give_to_definer('claim_mails(integer, bigint, interval)');

-- Makes claimed mails claimable again: by a processor that begins (most likely they are those of one that was
-- killed), or after storage was away (then the attempt does not count). They get their place in the queue back:
-- at its end, a mail would be taken in after those that came later, and an answer before what it answers.
CREATE FUNCTION release_mails(forgive boolean) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    UPDATE raw_mails SET next_attempt_at = received_at,
        attempts = CASE WHEN $1 THEN greatest(attempts - 1, 0) ELSE attempts END
    WHERE state = 'received' AND next_attempt_at > received_at
$$;
CALL give_to_definer('release_mails(boolean)');

-- Takes replies that are due, in the same way and in the order they were written, but for the inboxes that are
-- being served: what waits behind a slow relay must not be claimed twice.
CREATE FUNCTION claim_outgoing(max_mails integer, lease interval, busy uuid[])
    RETURNS TABLE (workspace_id uuid, interaction_id uuid, ticket_id uuid, inbox_id uuid, message_id text,
                   attempts smallint, created_at timestamptz)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    WITH picked AS (
        SELECT o.workspace_id, o.interaction_id FROM outgoing_mails o
        WHERE o.state = 'queued' AND o.next_attempt_at <= now() AND o.inbox_id <> ALL ($3)
        ORDER BY o.next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE outgoing_mails o SET attempts = o.attempts + 1, next_attempt_at = now() + $2
        FROM picked p WHERE o.workspace_id = p.workspace_id AND o.interaction_id = p.interaction_id
        RETURNING o.workspace_id, o.interaction_id, o.ticket_id, o.inbox_id, o.message_id, o.attempts, o.created_at
    )
    SELECT * FROM claimed c ORDER BY c.created_at, c.interaction_id
$$;
CALL give_to_definer('claim_outgoing(integer, interval, uuid[])');

-- Which inboxes fetch a mailbox, in all workspaces: ids only.
CREATE FUNCTION list_fetched_inboxes() RETURNS TABLE (workspace_id uuid, inbox_id uuid, updated_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT workspace_id, id, updated_at FROM inboxes
    WHERE channel = 'email' AND deleted_at IS NULL AND settings->>'imap' IS NOT NULL
    ORDER BY created_at, id LIMIT 1000
$$;
CALL give_to_definer('list_fetched_inboxes()');
