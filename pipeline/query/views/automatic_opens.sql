-- Share of the opens that the engine ordered by itself, per checkpoint and day (UTC).
SELECT checkpoint, date_trunc('day', issued_at) AS day, count(*) AS opens,
       count(*) FILTER (WHERE mode = 'auto') AS automatic,
       round(100.0 * count(*) FILTER (WHERE mode = 'auto') / count(*), 1) AS automatic_pct
FROM barrier_commands
WHERE action = 'open'
GROUP BY checkpoint, date_trunc('day', issued_at)
