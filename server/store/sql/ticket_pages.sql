-- name: select_tickets
-- Tickets in the shape that agents see, for the agent $2. The page is cut from tickets alone, by the
-- index that its filters and order have: tickets_open for most, and then a sort of what is open.
-- Every join is by a primary key, the last message by interactions' own key.
SELECT t.id, t.number, t.subject, t.description, t.status, t.priority, t.assignee_id, t.team_id,
    t.customer_id, t.inbox_id, t.channel_source, t.seq, t.created_at, t.updated_at, t.status_reason_id,
    CASE WHEN t.status_reason_id IS NOT NULL THEN (SELECT p.name FROM pause_reasons p
        WHERE p.workspace_id = t.workspace_id AND p.id = t.status_reason_id) END AS status_reason,
    c.name AS customer_name, c.email AS customer_email,
    CASE WHEN t.tag_ids = '{}' THEN '{}'::text[] ELSE ARRAY(
        SELECT g.name FROM tags g WHERE g.workspace_id = t.workspace_id AND g.id = ANY (t.tag_ids)
        ORDER BY lower(g.name)) END AS tags,
    ARRAY(
        SELECT (s.target, s.policy_id, s.started_at, s.due_at, s.warned_at, s.met_at,
            s.breached_at, s.paused_at IS NOT NULL)
        FROM sla_targets s
        WHERE s.workspace_id = t.workspace_id AND s.ticket_id = t.id AND s.stopped_at IS NULL
        ORDER BY s.due_at, s.target) AS sla,
    m.content AS last_content, m.author_type AS last_author_type, m.created_at AS last_created_at,
    coalesce(l.seq > coalesce(r.seq, 0) AND l.author_id IS DISTINCT FROM $2::uuid, false) AS unread,
    t.sort_value
FROM (SELECT t.* /*sort*/ FROM tickets t WHERE t.workspace_id = $1 /*page*/) t
JOIN customers c ON c.workspace_id = t.workspace_id AND c.id = t.customer_id
LEFT JOIN LATERAL (
    SELECT left(i.content, 200) AS content, i.author_type, i.created_at FROM interactions i
    WHERE i.workspace_id = t.workspace_id AND i.ticket_id = t.id AND i.type = 'message'
    ORDER BY i.seq DESC LIMIT 1) m ON true
LEFT JOIN LATERAL (
    SELECT i.seq, i.author_id FROM interactions i
    WHERE i.workspace_id = t.workspace_id AND i.ticket_id = t.id
    ORDER BY i.seq DESC LIMIT 1) l ON true
LEFT JOIN reads r ON r.workspace_id = t.workspace_id AND r.ticket_id = t.id AND r.reader_id = $2

-- name: find_scope
-- What rights on a ticket depend on, and its version; by the primary key.
SELECT inbox_id, customer_id, visitor_id, channel_source, seq, public_seq FROM tickets
WHERE workspace_id = $1 AND id = $2

-- name: count_views
-- One pass over the tickets that are not done, in the inboxes $2 (all when null), for the agent $3;
-- by tickets_open. What is done is counted to ten thousand at most.
SELECT
    count(*) AS all_open,
    count(*) FILTER (WHERE assignee_id = $3) AS mine,
    count(*) FILTER (WHERE assignee_id IS NULL) AS unassigned,
    count(*) FILTER (WHERE breached) AS breaching,
    count(*) FILTER (WHERE status = 'pending') AS pending
FROM tickets
WHERE workspace_id = $1 AND status = ANY ('{new,open,pending,on_hold}')
    AND ($2::uuid[] IS NULL OR inbox_id = ANY ($2))

-- name: count_done
-- How many are in these statuses $3, to ten thousand; by tickets_open.
SELECT count(*) FROM (
    SELECT FROM tickets WHERE workspace_id = $1 AND status = ANY ($3::text[])
        AND ($2::uuid[] IS NULL OR inbox_id = ANY ($2)) LIMIT 10000) counted

-- name: list_rooms_of_visitor
-- The conversations that a visitor may read, newest first; by tickets_visitor, or for a verified
-- customer ($3) of an inbox ($5) by tickets_customer.
SELECT t.id, t.subject, t.status, t.public_seq,
    m.content AS last_content, m.author_type AS last_author_type, m.created_at AS last_created_at
FROM tickets t
LEFT JOIN LATERAL (
    SELECT left(i.content, 200) AS content, i.author_type, i.created_at FROM interactions i
    WHERE i.workspace_id = t.workspace_id AND i.ticket_id = t.id AND i.type = 'message'
    ORDER BY i.seq DESC LIMIT 1) m ON true
WHERE t.workspace_id = $1 AND t.customer_id = $3
    AND (t.visitor_id = $2 OR ($4 AND t.channel_source = 'chat' AND t.inbox_id = $5))
ORDER BY t.created_at DESC, t.id DESC LIMIT 20
