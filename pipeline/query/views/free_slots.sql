-- Places still free, per checkpoint and hour from now on.
SELECT checkpoint, slot_start, capacity, held, confirmed, free
FROM slots
WHERE slot_start >= now() AND free > 0
