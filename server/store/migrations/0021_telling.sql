-- What agents are notified of, what is told to the programs of others (outgoing webhooks), and parked events once more.

-- One row for each agent who is told of an event; what it is about is joined on the way out, so that who may no longer
-- see a ticket reads nothing of it. `arrival` is for processes that hear of each other by Postgres only.
CREATE TABLE notifications (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    arrival bigint GENERATED ALWAYS AS IDENTITY,
    agent_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN
        ('sla_warned', 'sla_breached', 'sla_escalated', 'ticket_assigned', 'webhook_disabled')),
    ticket_id uuid,
    seq bigint,
    actor_id uuid,
    target text,
    due_at timestamptz,
    webhook_id uuid,
    at timestamptz NOT NULL,
    read_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
-- An event that is told twice notifies once.
CREATE UNIQUE INDEX notifications_once ON notifications (workspace_id, agent_id, ticket_id, seq, kind);
CREATE INDEX notifications_newest ON notifications (workspace_id, agent_id, at, id);
CREATE INDEX notifications_unread ON notifications (workspace_id, agent_id) WHERE read_at IS NULL;
CREATE INDEX notifications_arrival ON notifications (arrival);
CALL guard('notifications');
CREATE POLICY list_arrived ON notifications FOR SELECT TO parley_definer USING (true);
GRANT SELECT ON notifications TO parley_definer;

-- Who was notified after an arrival, in all workspaces: ids only, by notifications_arrival.
CREATE FUNCTION list_notified(above bigint, max_rows integer)
    RETURNS TABLE (workspace_id uuid, agent_id uuid, arrival bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT n.workspace_id, n.agent_id, n.arrival FROM notifications n
    WHERE n.arrival > above ORDER BY n.arrival LIMIT max_rows
$$;
CALL give_to_definer('list_notified(bigint, integer)');

CREATE FUNCTION fetch_last_arrival() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT coalesce(max(n.arrival), 0) FROM notifications n
$$;
CALL give_to_definer('fetch_last_arrival()');

-- Addresses of others that are told what happens. `secret` is sealed; `failing_since` is the first failure that no
-- success has followed; until `resting_until` nothing is tried.
CREATE TABLE outgoing_webhooks (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    secret bytea NOT NULL,
    kinds text[] NOT NULL,
    active boolean NOT NULL DEFAULT true,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    resting_until timestamptz,
    last_error text,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);
CALL guard('outgoing_webhooks');

-- What an endpoint is told of one event. Its id is made from endpoint and event, so that an event that is told twice is
-- one delivery, and its body is fixed before the first attempt.
CREATE TABLE webhook_deliveries (
    workspace_id uuid NOT NULL REFERENCES workspaces,
    id uuid NOT NULL,
    arrival bigint GENERATED ALWAYS AS IDENTITY,
    webhook_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'delivered', 'failed')),
    attempts smallint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    claimed_by uuid,
    status smallint,
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    queued_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, webhook_id) REFERENCES outgoing_webhooks ON DELETE CASCADE
);
-- The two begin differently, so that a planner who knows nothing of the table yet never confuses them.
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at, arrival) WHERE state = 'queued';
CREATE INDEX webhook_deliveries_turn ON webhook_deliveries (ticket_id, webhook_id, arrival) WHERE state = 'queued';
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (workspace_id, webhook_id, created_at, id);
CREATE INDEX webhook_deliveries_settled ON webhook_deliveries (workspace_id, settled_at) WHERE state <> 'queued';
CALL guard('webhook_deliveries');
CREATE POLICY claim_due ON outgoing_webhooks FOR SELECT TO parley_definer USING (true);
CREATE POLICY claim_due ON webhook_deliveries TO parley_definer USING (true);
GRANT SELECT ON outgoing_webhooks TO parley_definer;
GRANT SELECT, UPDATE ON webhook_deliveries TO parley_definer;

-- Takes what is due, endpoint by endpoint (some of each, so that a long queue takes no other's turn), but for the
-- endpoints that are being served or rest. Of one ticket only the oldest is taken: nothing overtakes what is tried
-- again. What is taken comes back by itself after `lease`. Locks the rows it takes and skips locked ones. Every row is
-- found by an index, whatever the planner believes of a young table.
CREATE FUNCTION claim_webhook_deliveries(max_each integer, max_endpoints integer, lease interval, busy uuid[],
        claimant uuid)
    RETURNS TABLE (workspace_id uuid, id uuid, webhook_id uuid, ticket_id uuid, arrival bigint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off AS
$$
    WITH endpoints AS (
        SELECT w.workspace_id, w.id FROM outgoing_webhooks w
        WHERE w.active AND w.id <> ALL (busy) AND (w.resting_until IS NULL OR w.resting_until <= now())
            AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.workspace_id = w.workspace_id
                AND d.webhook_id = w.id AND d.state = 'queued' AND d.next_attempt_at <= now())
        ORDER BY w.failures, random() LIMIT max_endpoints
    ), picked AS (
        SELECT p.workspace_id, p.id FROM endpoints w CROSS JOIN LATERAL (
            SELECT d.workspace_id, d.id FROM webhook_deliveries d
            WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.id AND d.state = 'queued'
                AND d.next_attempt_at <= now()
                AND NOT EXISTS (SELECT FROM webhook_deliveries o WHERE o.workspace_id = d.workspace_id
                    AND o.webhook_id = d.webhook_id AND o.ticket_id = d.ticket_id AND o.arrival < d.arrival
                    AND o.state = 'queued')
            ORDER BY d.next_attempt_at, d.arrival LIMIT max_each FOR UPDATE SKIP LOCKED
        ) p
    )
    UPDATE webhook_deliveries d SET next_attempt_at = now() + lease, claimed_by = claimant
    FROM picked p WHERE d.workspace_id = p.workspace_id AND d.id = p.id
    RETURNING d.workspace_id, d.id, d.webhook_id, d.ticket_id, d.arrival
$$;
CALL give_to_definer('claim_webhook_deliveries(integer, integer, interval, uuid[], uuid)');

-- Parked events have a name, and can be given to their consumer once more.
ALTER TABLE parked_events ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN retry_at timestamptz;
CREATE UNIQUE INDEX parked_events_id ON parked_events (workspace_id, id);
CREATE INDEX parked_events_newest ON parked_events (workspace_id, parked_at, id);
CREATE INDEX parked_events_again ON parked_events (retry_at) WHERE retry_at IS NOT NULL;
CREATE POLICY claim_again ON parked_events TO parley_definer USING (true);
GRANT SELECT, UPDATE ON parked_events TO parley_definer;

-- Takes events that are to be tried again by one of these consumers, as the log would tell them. They come back by
-- themselves after `lease`. Locks the rows it takes and skips locked ones.
CREATE FUNCTION claim_parked_events(consumers text[], max_events integer, lease interval)
    RETURNS TABLE (id uuid, consumer text, "partition" smallint, "offset" bigint, workspace_id uuid, ticket_id uuid,
        seq bigint, public_seq bigint, type text, at timestamptz, actor_type text, actor_id uuid, data text)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    WITH picked AS (
        SELECT p.workspace_id, p.id FROM parked_events p
        WHERE p.retry_at <= now() AND p.consumer = ANY (consumers)
        ORDER BY p.retry_at, p."partition", p."offset" LIMIT max_events FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE parked_events p SET retry_at = now() + lease FROM picked k
        WHERE p.workspace_id = k.workspace_id AND p.id = k.id
        RETURNING p.*
    )
    SELECT c.id, c.consumer, c."partition", c."offset", e.workspace_id, e.ticket_id, e.seq,
        e.public_seq, e.type, e.at, e.actor_type, e.actor_id, e.data::text
    FROM claimed c
    JOIN events e ON e.workspace_id = c.workspace_id AND e.ticket_id = c.ticket_id AND e.seq = c.seq
    ORDER BY c."partition", c."offset"
$$;
CALL give_to_definer('claim_parked_events(text[], integer, interval)');

-- Nobody is notified of what happened before there were notifications: both consumers begin at the log's end.
ALTER TABLE log_heads NO FORCE ROW LEVEL SECURITY;
ALTER TABLE consumer_offsets NO FORCE ROW LEVEL SECURITY;
INSERT INTO consumer_offsets (consumer, "partition", "offset")
SELECT c.name, h."partition", h."offset" FROM log_heads h, (VALUES ('notifications'), ('webhooks')) AS c (name);
ALTER TABLE log_heads FORCE ROW LEVEL SECURITY;
ALTER TABLE consumer_offsets FORCE ROW LEVEL SECURITY;
