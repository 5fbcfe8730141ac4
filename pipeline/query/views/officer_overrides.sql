-- Opens that officials ordered, per checkpoint and day (UTC): how many in all, and how many for no booking.
SELECT checkpoint, date_trunc('day', issued_at) AS day, count(*) AS manual_opens,
       count(*) FILTER (WHERE booking_id IS NULL) AS without_booking
FROM barrier_commands
WHERE action = 'open' AND mode = 'manual'
GROUP BY checkpoint, date_trunc('day', issued_at)
