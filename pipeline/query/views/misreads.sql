-- Misread rate per camera: arrivals whose newest decision names a booking with another plate than the one read.
SELECT d.camera, count(*) AS arrivals,
       count(*) FILTER (WHERE d.plate <> b.plate) AS misread,
       round(100.0 * count(*) FILTER (WHERE d.plate <> b.plate) / count(*), 2) AS misread_pct
FROM gate_decisions AS d
JOIN (SELECT arrival_id, max(revision) AS revision FROM gate_decisions GROUP BY arrival_id) AS newest
  ON newest.arrival_id = d.arrival_id AND newest.revision = d.revision
JOIN bookings AS b ON b.booking_id = d.booking_id
GROUP BY d.camera
