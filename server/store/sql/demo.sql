-- name: has_tickets
-- By the primary key.
SELECT EXISTS (SELECT FROM tickets WHERE workspace_id = $1)

-- name: date_articles
-- A few rows, by the primary key.
UPDATE articles a SET view_count = n.views, created_at = coalesce(a.published_at, a.created_at),
    last_modified_at = coalesce(a.published_at, a.last_modified_at)
FROM unnest($2::uuid[], $3::bigint[]) AS n (id, views) WHERE a.workspace_id = $1 AND a.id = n.id

-- name: date_customers
-- By the primary key.
UPDATE customers c SET created_at = n.at, updated_at = n.at
FROM unnest($2::uuid[], $3::timestamptz[]) AS n (id, at) WHERE c.workspace_id = $1 AND c.id = n.id

-- name: date_agents
UPDATE agents SET created_at = least(created_at, $2), updated_at = least(created_at, $2) WHERE workspace_id = $1

-- name: date_teams
UPDATE teams SET created_at = least(created_at, $2) WHERE workspace_id = $1

-- name: date_policies
UPDATE sla_policies SET created_at = least(created_at, $2), updated_at = least(created_at, $2)
WHERE workspace_id = $1

-- name: date_terms
UPDATE sla_terms SET made_at = least(made_at, $2) WHERE workspace_id = $1

-- name: date_attachment
UPDATE attachments SET created_at = $3 WHERE workspace_id = $1 AND id = $2

-- name: settle_outgoing
-- What agents wrote in mail tickets so far counts as sent, so that nothing is mailed to people who do not exist.
INSERT INTO outgoing_mails (workspace_id, interaction_id, ticket_id, inbox_id, message_id, state, attempts,
    created_at, sent_at)
SELECT i.workspace_id, i.id, t.id, t.inbox_id, i.id::text || '@heronoak.example', 'sent', 1,
    i.created_at, i.created_at
FROM interactions i JOIN tickets t ON t.workspace_id = i.workspace_id AND t.id = i.ticket_id
WHERE i.workspace_id = $1 AND t.channel_source = 'email' AND i.author_type = 'agent' AND i.type = 'message'
ON CONFLICT DO NOTHING

-- name: read_all
-- Every agent has read every ticket in which nothing has happened since $2.
INSERT INTO reads (workspace_id, ticket_id, reader_id, reader_type, seq, at)
SELECT $1, t.id, a.id, 'agent', t.seq, t.updated_at FROM tickets t, agents a
WHERE t.workspace_id = $1 AND a.workspace_id = $1 AND t.updated_at < $2
ON CONFLICT DO NOTHING
