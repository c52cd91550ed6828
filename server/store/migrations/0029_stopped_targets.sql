-- What a change of the rules may promise again: targets that stopped, among them those of open tickets.
CREATE INDEX sla_targets_stopped ON sla_targets (workspace_id, ticket_id) WHERE stopped_at IS NOT NULL;
