-- name: people
-- Ten teams, each with an inbox and five agents; fifty thousand customers. Ids are made of numbers.
WITH n AS (SELECT n, lpad(to_hex(n), 12, '0') AS id FROM generate_series(0, 49999) n),
inbox AS (
    INSERT INTO inboxes (workspace_id, id, name, channel)
    SELECT $1, ('00000000-0000-4000-8000-' || id)::uuid, 'Inbox ' || n, 'chat' FROM n WHERE n < 10
), team AS (
    INSERT INTO teams (workspace_id, id, name)
    SELECT $1, ('00000000-0000-4000-8001-' || id)::uuid, 'Team ' || n FROM n WHERE n < 10
), agent AS (
    INSERT INTO agents (workspace_id, id, name, email, role)
    SELECT $1, ('00000000-0000-4000-8002-' || id)::uuid, 'Agent ' || n, 'agent' || n || '@load.test', 'agent' FROM n WHERE n < 50
)
INSERT INTO customers (workspace_id, id, name) SELECT $1, ('00000000-0000-4000-8003-' || id)::uuid, 'Customer ' || n FROM n

-- name: tickets
-- The tickets $2 to $3 of a million, spread over the year before $4, as what was counted of them: some customers
-- write much more than others, nine of ten tickets reach the team of their customer, every twelfth target is late.
WITH numbered AS (
    SELECT n, $4::timestamptz - interval '365 days' + n * interval '31.536 seconds' AS opened_at, random() AS a, random() AS b,
        random() AS c, random() AS d, floor(50000 * power(random(), 2))::integer AS customer, floor(random() * 5)::integer AS agent
    FROM generate_series($2::integer, $3::integer) n
), routed AS (
    SELECT *, CASE WHEN d < 0.9 THEN customer % 10 ELSE n % 10 END AS team FROM numbered
), tickets AS (
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS ticket_id, opened_at, a, b, c,
        CASE WHEN a < 0.2 THEN 'low' WHEN a < 0.8 THEN 'normal' WHEN a < 0.95 THEN 'high' ELSE 'urgent' END AS priority,
        CASE WHEN a < 0.2 THEN 0 WHEN a < 0.8 THEN 1 WHEN a < 0.95 THEN 2 ELSE 3 END AS policy,
        ('00000000-0000-4000-8000-' || lpad(to_hex(team), 12, '0'))::uuid AS inbox_id,
        ('00000000-0000-4000-8001-' || lpad(to_hex(team), 12, '0'))::uuid AS team_id,
        ('00000000-0000-4000-8002-' || lpad(to_hex(team * 5 + agent), 12, '0'))::uuid AS agent_id,
        ('00000000-0000-4000-8003-' || lpad(to_hex(customer), 12, '0'))::uuid AS customer_id,
        opened_at > $4::timestamptz - interval '7 days' AS open
    FROM routed
), known AS (
    INSERT INTO report_tickets (workspace_id, ticket_id, seq, opened_at, open, inbox_id, team_id, agent_id, priority, customer_id)
    SELECT $1, ticket_id, 9, opened_at, open, inbox_id, team_id, agent_id, priority, customer_id FROM tickets
)
INSERT INTO report_runs (workspace_id, ticket_id, kind, seq, started_at, met_at, breached_at, bucket, policy_id,
    inbox_id, team_id, agent_id, priority, customer_id)
SELECT $1, ticket_id, kind, s, started_at, CASE WHEN ended THEN started_at + spent * interval '1 second' END,
    CASE WHEN kind <> 'open' AND spent > needed THEN started_at + needed * interval '1 second' END,
    CASE WHEN kind <> 'open' AND ended THEN ceil(ln(spent) / ln(1.03 / 0.97)) END::smallint,
    CASE WHEN kind <> 'open' THEN ('00000000-0000-4000-8004-' || lpad(policy::text, 12, '0'))::uuid END,
    inbox_id, team_id, agent_id, priority, customer_id
FROM tickets CROSS JOIN LATERAL (VALUES
    ('open', 1, opened_at, 60 * exp(9 * b), 0, NOT open),
    ('first_response', 3, opened_at, 10 + 60 * exp(5 * c), 60 * exp(4.6), true),
    ('next_response', 7, opened_at + interval '1 hour', 10 + 60 * exp(5 * a), 60 * exp(4.6), true),
    ('resolution', 4, opened_at, 60 * exp(9 * b), 60 * exp(8.2), NOT open)
) runs (kind, s, started_at, spent, needed, ended)
