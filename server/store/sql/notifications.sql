-- Who is notified of what. A notification of a ticket is seen by whoever may see the ticket now, one of the desk by
-- admins; each statement joins agents and inbox_members to say so (primary keys).

-- name: add
-- Notifies of events: their ticket's assignee, its team (always, or while nobody has the ticket), further teams and
-- agents, and while a ticket is nobody's and no team's at most $15 of the admins and of those of its inbox who are
-- online and may answer; of all these the active ones who see its inbox, and not who did it. Whom and which team a
-- ticket had before it was assigned is not told again; who is connected hears a customer by their console. Repeating
-- it is harmless (notifications_once). Look-ups are by primary key, those of an ownerless ticket read the workspace's
-- agents; the assignment before is looked for backwards among the ticket's events.
INSERT INTO notifications (workspace_id, id, agent_id, kind, ticket_id, seq, at, actor_id, target, due_at)
SELECT $1, gen_random_uuid(), a.id, n.kind, n.ticket_id, n.seq, n.at, n.actor_id, n.target, n.due_at
FROM unnest($2::text[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::uuid[], $7::text[], $8::timestamptz[],
        $9::boolean[], $10::boolean[], $11::boolean[], $12::boolean[], $13::text[], $14::text[])
    AS n (kind, ticket_id, seq, at, actor_id, target, due_at, assignee, team, orphan, ownerless, team_ids, agent_ids)
JOIN tickets t ON t.workspace_id = $1 AND t.id = n.ticket_id
LEFT JOIN LATERAL (
    SELECT (e.data->>'assignee_id')::uuid AS assignee_id, (e.data->>'team_id')::uuid AS team_id FROM events e
    WHERE n.kind = 'ticket_assigned' AND e.workspace_id = $1 AND e.ticket_id = n.ticket_id AND e.seq < n.seq
        AND e.type = 'ticket_assigned'
    ORDER BY e.seq DESC LIMIT 1) before ON true
CROSS JOIN LATERAL (
    SELECT t.assignee_id AS id WHERE n.assignee
    UNION SELECT g.id FROM unnest(n.agent_ids::uuid[]) AS g (id) WHERE g.id IS DISTINCT FROM before.assignee_id
    UNION SELECT m.agent_id FROM team_members m
    WHERE m.workspace_id = $1 AND (
        (m.team_id = t.team_id AND (n.team OR (n.orphan AND t.assignee_id IS NULL)))
        OR (m.team_id = ANY (n.team_ids::uuid[]) AND m.team_id IS DISTINCT FROM before.team_id))
    UNION (SELECT w.id FROM agents w
    LEFT JOIN agent_presence p ON p.workspace_id = $1 AND p.agent_id = w.id
    WHERE n.ownerless AND t.assignee_id IS NULL AND t.team_id IS NULL AND w.workspace_id = $1 AND w.active
        AND (w.role = 'admin' OR (w.role = 'agent' AND p.status = 'online' AND EXISTS (SELECT FROM inbox_members i
            WHERE i.workspace_id = $1 AND i.inbox_id = t.inbox_id AND i.agent_id = w.id)))
    ORDER BY w.role <> 'admin', p.status IS DISTINCT FROM 'online', w.id LIMIT $15)
    ) AS told
JOIN agents a ON a.workspace_id = $1 AND a.id = told.id AND a.active AND a.id IS DISTINCT FROM n.actor_id
    AND (a.role = 'admin' OR EXISTS (SELECT FROM inbox_members i
        WHERE i.workspace_id = $1 AND i.inbox_id = t.inbox_id AND i.agent_id = a.id))
    AND (n.kind <> 'customer_answered' OR NOT EXISTS (SELECT FROM connected_agents k
        WHERE k.workspace_id = $1 AND k.agent_id = a.id))
ON CONFLICT DO NOTHING
RETURNING agent_id, ticket_id, arrival

-- name: add_webhook_disabled
-- Notifies the active admins.
INSERT INTO notifications (workspace_id, id, agent_id, kind, webhook_id, at)
SELECT $1, gen_random_uuid(), a.id, 'webhook_disabled', $2, now() FROM agents a
WHERE a.workspace_id = $1 AND a.role = 'admin' AND a.active
RETURNING agent_id

-- name: trim
-- Forgets all but the newest $3 of these agents (notifications_newest).
DELETE FROM notifications n USING unnest($2::uuid[]) AS a (id), LATERAL (
    SELECT o.at, o.id FROM notifications o WHERE o.workspace_id = $1 AND o.agent_id = a.id
    ORDER BY o.at DESC, o.id DESC OFFSET $3 - 1 LIMIT 1) edge
WHERE n.workspace_id = $1 AND n.agent_id = a.id AND (n.at, n.id) < (edge.at, edge.id)

-- name: select_notifications
-- An agent's notifications, by notifications_newest.
SELECT n.id, n.kind, n.at, n.read_at, n.target, n.due_at, t.id AS ticket_id, t.number, t.subject,
    c.name AS actor_name, w.id AS webhook_id, w.name AS webhook_name
    /*sort*/
FROM notifications n
JOIN agents a ON a.workspace_id = n.workspace_id AND a.id = n.agent_id
LEFT JOIN tickets t ON t.workspace_id = n.workspace_id AND t.id = n.ticket_id
LEFT JOIN agents c ON c.workspace_id = n.workspace_id AND c.id = n.actor_id
LEFT JOIN outgoing_webhooks w ON w.workspace_id = n.workspace_id AND w.id = n.webhook_id
WHERE n.workspace_id = $1 AND n.agent_id = $2 AND (a.role = 'admin' OR EXISTS (SELECT FROM inbox_members i
    WHERE i.workspace_id = $1 AND i.inbox_id = t.inbox_id AND i.agent_id = a.id))

-- name: count_unread
-- How many each of these agents has not read (notifications_unread), and the newest of all they have.
SELECT a.id AS agent_id, (
        SELECT count(*) FROM notifications n LEFT JOIN tickets t ON t.workspace_id = $1 AND t.id = n.ticket_id
        WHERE n.workspace_id = $1 AND n.agent_id = a.id AND n.read_at IS NULL
            AND (a.role = 'admin' OR EXISTS (SELECT FROM inbox_members i
                WHERE i.workspace_id = $1 AND i.inbox_id = t.inbox_id AND i.agent_id = a.id))) AS unread, (
        SELECT n.id FROM notifications n WHERE n.workspace_id = $1 AND n.agent_id = a.id
        ORDER BY n.at DESC, n.id DESC LIMIT 1) AS newest
FROM agents a WHERE a.workspace_id = $1 AND a.id = ANY ($2::uuid[])

-- name: mark_read
-- By primary key; what was read before keeps its time.
UPDATE notifications SET read_at = coalesce(read_at, now())
WHERE workspace_id = $1 AND agent_id = $2 AND id = $3 RETURNING id

-- name: mark_all_read
UPDATE notifications SET read_at = now() WHERE workspace_id = $1 AND agent_id = $2 AND read_at IS NULL

-- name: fetch_by_mail
SELECT mail_notifications FROM agents WHERE workspace_id = $1 AND id = $2

-- name: set_by_mail
UPDATE agents SET mail_notifications = $3, updated_at = now() WHERE workspace_id = $1 AND id = $2

-- name: last_arrival
SELECT fetch_last_arrival()

-- name: list_notified
-- Who was notified since, in all workspaces, through a definer function.
SELECT * FROM list_notified($1, $2)
