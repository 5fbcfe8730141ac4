-- Vehicles let through, per checkpoint and hour, against the hour's capacity.
-- A barrier's open that the controller refused or never carried out let nobody through.
SELECT o.checkpoint, o.hour, o.opened, s.capacity,
       CASE WHEN s.capacity > 0 THEN round(100.0 * o.opened / s.capacity, 1) END AS capacity_pct
FROM (
    SELECT checkpoint, date_trunc('hour', issued_at) AS hour, count(*) AS opened
    FROM barrier_commands
    WHERE action = 'open' AND (result IS NULL OR result NOT IN ('rejected', 'expired', 'failed', 'not_passed'))
    GROUP BY checkpoint, date_trunc('hour', issued_at)
) AS o
LEFT JOIN slots AS s ON s.checkpoint = o.checkpoint AND s.slot_start = o.hour
