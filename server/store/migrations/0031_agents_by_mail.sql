-- Agents who are not there are told by mail, in the queue that replies leave by, and answer by mail.

ALTER TABLE agents ADD COLUMN mail_notifications boolean NOT NULL DEFAULT true;

-- A letter to an agent is of no interaction: its id is its own. It says what they have not read of a ticket since the
-- notification `told_from`; `held` while they had too many within an hour.
ALTER TABLE outgoing_mails ADD COLUMN agent_id uuid,
    ADD COLUMN told_from bigint,
    ADD COLUMN held boolean NOT NULL DEFAULT false,
    ADD FOREIGN KEY (workspace_id, agent_id) REFERENCES agents ON DELETE CASCADE;
CREATE INDEX outgoing_mails_agent ON outgoing_mails (workspace_id, agent_id, sent_at) WHERE agent_id IS NOT NULL;

ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check, ADD CONSTRAINT notifications_kind_check CHECK (kind IN
    ('sla_warned', 'sla_breached', 'sla_escalated', 'ticket_assigned', 'customer_answered', 'webhook_disabled'));

-- As claim_outgoing, which the version before this one calls and which takes replies only from now on; with `to_agents`
-- takes the letters to agents instead, so that neither kind waits for the other.
CREATE FUNCTION claim_letters(max_mails integer, lease interval, busy uuid[], claimant uuid, to_agents boolean)
    RETURNS TABLE (workspace_id uuid, interaction_id uuid, ticket_id uuid, inbox_id uuid, message_id text,
                   attempts smallint, created_at timestamptz, agent_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    WITH picked AS (
        SELECT o.workspace_id, o.interaction_id FROM outgoing_mails o
        WHERE o.state = 'queued' AND o.next_attempt_at <= now() AND o.inbox_id <> ALL ($3)
            AND (o.agent_id IS NOT NULL) = $5
            AND (o.claimed_by IS NULL OR pg_postmaster_start_time() < now() - interval '5 seconds')
        ORDER BY o.next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE outgoing_mails o SET attempts = o.attempts + 1, next_attempt_at = now() + $2, claimed_by = $4
        FROM picked p WHERE o.workspace_id = p.workspace_id AND o.interaction_id = p.interaction_id
        RETURNING o.workspace_id, o.interaction_id, o.ticket_id, o.inbox_id, o.message_id, o.attempts, o.created_at,
            o.agent_id
    )
    SELECT * FROM claimed c ORDER BY c.created_at, c.interaction_id
$$;
CALL give_to_definer('claim_letters(integer, interval, uuid[], uuid, boolean)');

CREATE OR REPLACE FUNCTION claim_outgoing(max_mails integer, lease interval, busy uuid[], claimant uuid DEFAULT NULL)
    RETURNS TABLE (workspace_id uuid, interaction_id uuid, ticket_id uuid, inbox_id uuid, message_id text,
                   attempts smallint, created_at timestamptz)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$
    SELECT c.workspace_id, c.interaction_id, c.ticket_id, c.inbox_id, c.message_id, c.attempts, c.created_at
    FROM public.claim_letters($1, $2, $3, $4, false) c
$$;
