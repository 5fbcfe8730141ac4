-- Alerts by rule: how many, how many cleared themselves, how many a group stopped the vehicle for, and the share
-- of those that ended either way which were worth a stop.
SELECT a.kind, count(*) AS alerts,
       count(*) FILTER (WHERE a.state = 'cleared') AS cleared,
       count(*) FILTER (WHERE t.stopped) AS stopped,
       CASE WHEN count(*) FILTER (WHERE a.state = 'cleared' OR t.stopped) > 0
            THEN round(100.0 * count(*) FILTER (WHERE t.stopped) / count(*) FILTER (WHERE a.state = 'cleared' OR t.stopped), 1)
       END AS precision_pct
FROM alerts AS a
LEFT JOIN (SELECT alert_id, bool_or(stop_started_at IS NOT NULL) AS stopped FROM tasks GROUP BY alert_id) AS t
  ON t.alert_id = a.alert_id
GROUP BY a.kind
