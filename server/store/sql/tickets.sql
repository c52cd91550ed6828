-- name: claim_numbers
-- Locks the workspace's row until commit: openings of one workspace go one after the other, so that numbers
-- are dense and a repeated key is seen by whoever comes second. What is opened in the end takes the numbers.
SELECT config_version, last_ticket_number, pg_current_xact_id()::text AS transaction
FROM workspaces WHERE id = $1 FOR NO KEY UPDATE

-- name: claim_tickets
-- Locks the tickets in id order (primary key), so that two writers cannot wait for each other; beside each, the
-- version of the desk, and the transaction's own id for the case that its commit is in doubt. One row without a
-- ticket when there is none of them.
WITH locked AS MATERIALIZED (
    SELECT id, number, subject, inbox_id, channel_source, customer_id, visitor_id, status, priority, assignee_id,
           team_id, tag_ids, seq, public_seq, created_at, updated_at, draft_generation, status_reason_id,
           answered_at
    FROM tickets WHERE workspace_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE
)
SELECT w.config_version, w.last_ticket_number, pg_current_xact_id()::text AS transaction, locked.*
FROM workspaces w LEFT JOIN locked ON true WHERE w.id = $1

-- name: claim_targets
-- The targets of locked tickets (primary key).
SELECT ticket_id, target, policy_id, terms_id, started_at, due_at, needed, spent, since, rings, done, warned_at,
       met_at, breached_at, paused_at, stopped_at
FROM sla_targets WHERE workspace_id = $1 AND ticket_id = ANY($2::uuid[])

-- name: find_before
-- After the tickets are locked, and in one round trip: their targets (primary key), and which of these client ids
-- were used before, by the keys of their tickets and authors (interactions_client).
SELECT
    (SELECT array_agg(ROW(ticket_id, target, policy_id, terms_id, started_at, due_at, needed, spent, since, rings, done,
                          warned_at, met_at, breached_at, paused_at, stopped_at))
     FROM sla_targets WHERE workspace_id = $1 AND ticket_id = ANY($2::uuid[])) AS targets,
    (SELECT array_agg(ROW(ticket_id, author_id, client_id, seq, public_seq, type, content, attachment_ids))
     FROM interactions WHERE workspace_id = $1 AND client_key = ANY($3::bytea[])) AS said

-- name: find_command_keys
-- Which of these keys were used before (primary key).
SELECT k.scope, k.key, k.fingerprint, k.ticket_id, k.seq
FROM unnest($2::text[], $3::text[]) AS asked(scope, key)
JOIN command_keys k ON k.workspace_id = $1 AND k.scope = asked.scope AND k.key = asked.key

-- name: find_request_keys
-- Which of these Idempotency-Keys were used before (primary key).
SELECT k.actor_id, k.key, k.fingerprint, k.ticket_id, k.seq
FROM unnest($2::uuid[], $3::text[]) AS asked(actor_id, key)
JOIN idempotency_keys k ON k.workspace_id = $1 AND k.actor_id = asked.actor_id AND k.key = asked.key

-- name: claim_attachments
-- Locks uploads that are not part of anything yet (primary key), in id order.
SELECT id, filename, mime_type, size_bytes, uploaded_by_type, uploaded_by
FROM attachments WHERE workspace_id = $1 AND id = ANY($2::uuid[]) AND interaction_id IS NULL
ORDER BY id FOR UPDATE

-- name: record_happened
-- Appends what happened and what was said, and moves the tickets on: the whole of a chat message in one round
-- trip. An interaction is an event of its ticket, and a ticket's numbers are those of its last event. A ticket
-- that this transaction opened has them already.
WITH happened AS MATERIALIZED (
    SELECT * FROM unnest($3::uuid[], $4::bigint[], $5::bigint[], $6::text[], $7::timestamptz[], $8::text[],
                         $9::uuid[], $10::text[], $11::boolean[], $12::uuid[], $13::text[], $14::text[],
                         $15::text[], $16::text[], $17::text[], $18::bytea[])
        AS h(ticket_id, seq, public_seq, type, at, actor_type, actor_id, data, clock, said_id, said_type,
             content, content_html, attachment_ids, client_id, client_key)
), said AS (
    INSERT INTO interactions (workspace_id, ticket_id, seq, public_seq, id, author_type, author_id, type, content,
                              content_html, attachment_ids, client_id, client_key, created_at)
    SELECT $1, ticket_id, seq, public_seq, said_id, actor_type, actor_id, said_type, content,
           content_html, attachment_ids::uuid[], client_id, client_key, at
    FROM happened WHERE said_id IS NOT NULL
), events AS (
    INSERT INTO events (workspace_id, ticket_id, seq, public_seq, type, at, actor_type, actor_id, data)
    SELECT $1, ticket_id, seq, public_seq, type, at, actor_type, actor_id, data::jsonb FROM happened
), logged AS (
    INSERT INTO log_pending (batch_id, workspace_id, ticket_ids, seqs, clocks)
    VALUES ($2, $1, $3::uuid[], $4::bigint[], $11::boolean[])
)
UPDATE tickets t SET seq = n.seq, public_seq = coalesce(n.public_seq, t.public_seq), updated_at = n.at
FROM (SELECT ticket_id, max(seq) AS seq, max(public_seq) AS public_seq, max(at) AS at
      FROM happened GROUP BY ticket_id) n
WHERE t.workspace_id = $1 AND t.id = n.ticket_id AND t.seq < n.seq

-- name: record_changed
-- The folded columns that a chat message leaves as they are, of tickets that are locked.
UPDATE tickets t SET subject = coalesce(n.subject, t.subject), status = n.status, priority = n.priority,
    assignee_id = n.assignee_id, team_id = n.team_id, tag_ids = n.tag_ids::uuid[], next_due_at = n.next_due_at,
    breached = n.breached, customer_id = n.customer_id, status_reason_id = n.status_reason_id,
    answered_at = n.answered_at
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::text[], $9::timestamptz[],
            $10::boolean[], $11::uuid[], $12::uuid[], $13::timestamptz[])
    AS n(id, subject, status, priority, assignee_id, team_id, tag_ids, next_due_at, breached, customer_id,
         status_reason_id, answered_at)
WHERE t.workspace_id = $1 AND t.id = n.id

-- name: record_opened
-- New tickets, in the state after the whole batch, with the numbers that they take.
WITH numbered AS (
    UPDATE workspaces SET last_ticket_number = (SELECT max(taken) FROM unnest($3::bigint[]) AS taken) WHERE id = $1
)
INSERT INTO tickets (workspace_id, id, number, subject, description, inbox_id, channel_source, customer_id,
    visitor_id, status, priority, assignee_id, team_id, tag_ids, seq, public_seq, next_due_at, breached,
    created_at, updated_at, answered_at)
SELECT $1, id, number, subject, description, inbox_id, channel_source, customer_id, visitor_id, status, priority,
    assignee_id, team_id, tag_ids::uuid[], seq, public_seq, next_due_at, breached, created_at, updated_at, answered_at
FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::uuid[], $9::uuid[],
            $10::text[], $11::text[], $12::uuid[], $13::uuid[], $14::text[], $15::bigint[], $16::bigint[],
            $17::timestamptz[], $18::boolean[], $19::timestamptz[], $20::timestamptz[], $21::timestamptz[])
    AS n(id, number, subject, description, inbox_id, channel_source, customer_id, visitor_id, status, priority,
         assignee_id, team_id, tag_ids, seq, public_seq, next_due_at, breached, created_at, updated_at, answered_at)

-- name: record_targets
-- The targets as they are now, of locked or new tickets (primary key).
INSERT INTO sla_targets AS s (workspace_id, ticket_id, target, policy_id, terms_id, started_at, due_at, needed, spent,
    since, rings, done, warned_at, met_at, breached_at, paused_at, stopped_at, next_at)
SELECT $1, ticket_id, target, policy_id, terms_id, started_at, due_at, needed, spent, since, rings::jsonb,
    done::uuid[], warned_at, met_at, breached_at, paused_at, stopped_at, next_at
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::timestamptz[], $8::interval[],
    $9::interval[], $10::timestamptz[], $11::text[], $12::text[], $13::timestamptz[], $14::timestamptz[],
    $15::timestamptz[], $16::timestamptz[], $17::timestamptz[], $18::timestamptz[])
    AS n(ticket_id, target, policy_id, terms_id, started_at, due_at, needed, spent, since, rings, done, warned_at,
         met_at, breached_at, paused_at, stopped_at, next_at)
ON CONFLICT (workspace_id, ticket_id, target) DO UPDATE SET policy_id = excluded.policy_id,
    terms_id = excluded.terms_id, started_at = excluded.started_at, due_at = excluded.due_at,
    needed = excluded.needed, spent = excluded.spent, since = excluded.since, rings = excluded.rings,
    done = excluded.done, warned_at = excluded.warned_at, met_at = excluded.met_at,
    breached_at = excluded.breached_at, paused_at = excluded.paused_at, stopped_at = excluded.stopped_at,
    next_at = excluded.next_at

-- name: record_drafts
-- Drafts that were sent, of locked tickets: the next generation begins, and nothing is left of the last.
WITH raised AS (
    UPDATE tickets t SET draft_generation = n.generation
    FROM unnest($2::uuid[], $3::bigint[]) AS n(id, generation)
    WHERE t.workspace_id = $1 AND t.id = n.id
)
DELETE FROM draft_updates WHERE workspace_id = $1 AND ticket_id = ANY($2::uuid[])

-- name: record_command_keys
INSERT INTO command_keys (workspace_id, scope, key, fingerprint, ticket_id, seq)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bytea[], $5::uuid[], $6::bigint[])

-- name: record_request_keys
-- A row that the HTTP layer reserved is completed; fails on one that another request has completed meanwhile.
INSERT INTO idempotency_keys (workspace_id, actor_id, key, fingerprint, ticket_id, seq)
SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::uuid[], $6::bigint[])

-- name: record_attachments
-- Ties claimed uploads to what they came with.
UPDATE attachments a SET interaction_id = n.interaction_id, ticket_id = n.ticket_id
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS n(id, interaction_id, ticket_id)
WHERE a.workspace_id = $1 AND a.id = n.id

-- name: find_tickets
-- Tickets as they are, unlocked (primary key).
SELECT id, number, subject, inbox_id, channel_source, customer_id, visitor_id, status, priority, assignee_id,
       team_id, tag_ids, seq, public_seq, created_at, updated_at, draft_generation, status_reason_id,
           answered_at
FROM tickets WHERE workspace_id = $1 AND id = ANY($2::uuid[])

-- name: fetch_version
SELECT config_version FROM workspaces WHERE id = $1

-- name: fetch_desk
SELECT
    (SELECT config_version FROM workspaces WHERE id = $1) AS version,
    (SELECT policies_changed_at FROM workspaces WHERE id = $1) AS policies_changed_at,
    (SELECT coalesce(json_object_agg(id, name), '{}') FROM pause_reasons
     WHERE workspace_id = $1 AND deleted_at IS NULL) AS reasons,
    (SELECT coalesce(json_agg(json_build_object('workspace_id', workspace_id, 'id', id, 'name', name, 'role', role,
        'inbox_ids', (SELECT coalesce(json_agg(m.inbox_id), '[]') FROM inbox_members m
                      WHERE m.workspace_id = $1 AND m.agent_id = a.id))), '[]')
     FROM agents a WHERE a.workspace_id = $1 AND active) AS agents,
    (SELECT coalesce(json_object_agg(id, name), '{}') FROM teams WHERE workspace_id = $1) AS teams,
    (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'channel', channel,
        'sneak_peek', coalesce((settings->>'sneak_peek')::boolean, false))), '[]')
     FROM inboxes WHERE workspace_id = $1 AND deleted_at IS NULL) AS inboxes,
    (SELECT coalesce(json_object_agg(id, name), '{}') FROM tags WHERE workspace_id = $1) AS tags

-- name: fetch_policies
-- The active policies in their order.
SELECT id, name, conditions, terms_id FROM sla_policies
WHERE workspace_id = $1 AND active ORDER BY "position", created_at DESC, id

-- name: fetch_terms
-- All that a running target may name, by the index sla_terms_known.
SELECT id, policy_id, promises, made_at FROM sla_terms WHERE workspace_id = $1 AND retired_at IS NULL

-- name: find_customer_facts
-- What policies may ask about customers (primary key).
SELECT id, company, tier, language, custom_fields, facts_changed_at FROM customers
WHERE workspace_id = $1 AND id = ANY($2::uuid[])

-- name: find_transaction
-- How a transaction ended whose commit nobody answered: committed, aborted, in progress, or NULL for long ago.
SELECT pg_xact_status($1::text::xid8)
