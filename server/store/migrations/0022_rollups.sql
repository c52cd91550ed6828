-- Roll-ups: what reports read instead of tickets and events. A consumer of the log keeps them; they can be
-- compared with the events and mended (`parley rebuild reports`). Ids only: a person's name is joined on the way out.

-- A ticket as far as it was counted: events up to `seq`, and whose it is since. What says what was counted
-- already is written in the same transaction as what is counted, so nothing is ever counted twice.
CREATE TABLE report_tickets (
    workspace_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    seq bigint NOT NULL,
    opened_at timestamptz NOT NULL,
    open boolean NOT NULL,
    inbox_id uuid NOT NULL,
    team_id uuid,
    agent_id uuid,
    priority text NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, ticket_id)
) WITH (fillfactor = 80);
CREATE INDEX report_tickets_open ON report_tickets (workspace_id, inbox_id, opened_at) WHERE open;
CALL guard('report_tickets');

-- One time that a promise ran, named by the seq of the event that began it; of kind `open`, a ticket's being open.
-- Whose it is: as of its first decision, until then as of now. `bucket` is the working time it took, once met.
CREATE TABLE report_runs (
    workspace_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    kind text NOT NULL,
    seq bigint NOT NULL,
    started_at timestamptz NOT NULL,
    met_at timestamptz,
    breached_at timestamptz,
    stopped_at timestamptz,
    bucket smallint,
    policy_id uuid,
    inbox_id uuid NOT NULL,
    team_id uuid,
    agent_id uuid,
    priority text NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, ticket_id, kind, seq)
) WITH (fillfactor = 85);
CREATE INDEX report_runs_started ON report_runs (workspace_id, started_at);
CALL guard('report_runs');

-- Sums over the runs that began on a day, or in a month (`period` is its first day), in UTC, and have in common
-- what the cut tells apart; null where it does not look. `key` is made of these. Durations are a number whose
-- every eight decimal places are the count of a bucket, so that adding them up merges them.
CREATE TABLE report_cells (
    workspace_id uuid NOT NULL,
    cut text NOT NULL,
    period date NOT NULL,
    key uuid NOT NULL,
    inbox_id uuid NOT NULL,
    policy_id uuid,
    team_id uuid,
    agent_id uuid,
    priority text,
    customer_id uuid,
    first_targets integer NOT NULL,
    first_met integer NOT NULL,
    first_breached integer NOT NULL,
    first_durations numeric NOT NULL,
    next_targets integer NOT NULL,
    next_met integer NOT NULL,
    next_breached integer NOT NULL,
    next_durations numeric NOT NULL,
    resolution_targets integer NOT NULL,
    resolution_met integer NOT NULL,
    resolution_breached integer NOT NULL,
    resolution_durations numeric NOT NULL,
    PRIMARY KEY (workspace_id, cut, period, key)
) WITH (fillfactor = 75);
CALL guard('report_cells');
-- There may be more customers than a report can add up: a month's largest, and each one's cells.
CREATE INDEX report_cells_largest ON report_cells (workspace_id, period, (first_targets + next_targets + resolution_targets) DESC)
    WHERE cut = 'customers of a month';
CREATE INDEX report_cells_customer ON report_cells (workspace_id, customer_id, cut, period) WHERE customer_id IS NOT NULL;

-- The key of a cell, as the consumer makes it.
CREATE FUNCTION cell_key(inbox uuid, policy uuid, team uuid, agent uuid, priority text, customer uuid) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN md5(inbox || '|' || coalesce(policy::text, '') || '|'
        || coalesce(team::text, '') || '|' || coalesce(agent::text, '') || '|' || coalesce(priority, '') || '|'
        || coalesce(customer::text, ''))::uuid;

-- How often something happened on a day, in UTC; every eight decimal places of `slots` are the count of a quarter
-- of an hour, since days and hours are a reader's own.
CREATE TABLE report_flows (
    workspace_id uuid NOT NULL,
    day date NOT NULL,
    inbox_id uuid NOT NULL,
    kind text NOT NULL,
    happened integer NOT NULL,
    slots numeric NOT NULL,
    PRIMARY KEY (workspace_id, day, inbox_id, kind)
) WITH (fillfactor = 50);
CALL guard('report_flows');

-- Counts the changes of a workspace's roll-ups: a reader who knows the version knows the reports.
CREATE TABLE report_versions (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces,
    version bigint NOT NULL
) WITH (fillfactor = 25);
CALL guard('report_versions');
