-- name: sla_compliance
-- Targets that started in [$2, $3), in the inboxes $4 (all when null), each group once for each kind
-- of target; by sla_targets_report. A target is decided once it is met or breached: late is breached.
SELECT s.target, /*groups*/
    count(*) AS targets,
    count(*) FILTER (WHERE s.breached_at IS NULL AND s.met_at IS NOT NULL) AS met,
    count(*) FILTER (WHERE s.breached_at IS NOT NULL) AS breached,
    count(*) FILTER (WHERE s.breached_at IS NULL AND s.met_at IS NULL) AS running
FROM sla_targets s
JOIN tickets t ON t.workspace_id = s.workspace_id AND t.id = s.ticket_id
LEFT JOIN sla_policies p ON p.workspace_id = s.workspace_id AND p.id = s.policy_id
LEFT JOIN teams m ON m.workspace_id = t.workspace_id AND m.id = t.team_id
WHERE s.workspace_id = $1 AND s.started_at >= $2 AND s.started_at < $3
    AND ($4::uuid[] IS NULL OR t.inbox_id = ANY ($4))
    AND (s.stopped_at IS NULL OR s.breached_at IS NOT NULL)
GROUP BY s.target /*by*/
ORDER BY s.target /*by*/ LIMIT 10000
