-- Bookings whose slot is over, per checkpoint and day (UTC) of the slot: how many never came.
SELECT checkpoint, date_trunc('day', slot_start) AS day, count(*) AS due,
       count(*) FILTER (WHERE status = 'annulled' AND NOT seen) AS no_shows,
       round(100.0 * count(*) FILTER (WHERE status = 'annulled' AND NOT seen) / count(*), 1) AS no_show_pct
FROM bookings
WHERE slot_start IS NOT NULL AND status IN ('annulled', 'admitted', 'crossed')
GROUP BY checkpoint, date_trunc('day', slot_start)
