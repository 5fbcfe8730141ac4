"""psycopg, by text and by binary, against a server of the tests (port as argument)."""

import datetime
import sys

import psycopg

port = int(sys.argv[1])


def same(got, expected, what):
    assert got == expected, f"{what}: {got!r}, not {expected!r}"


with psycopg.connect(host="127.0.0.1", port=port, dbname="kezek", user="centre", password="centre") as connection:
    for binary in (False, True):
        with connection.cursor(binary=binary) as cursor:
            cursor.execute("SELECT booking_id, number, seen, slot_start, vin FROM bookings WHERE plate = %s", ("123ABC02",))
            start = datetime.datetime(2026, 3, 1, 10, tzinfo=datetime.timezone.utc)
            same(cursor.fetchall(), [("b-1", 1, True, start, "VIN1")], f"binary={binary}")
            cursor.execute("SELECT count(*), avg(speed_kmh), max(at) FROM sights WHERE speed_kmh > %s AND at >= %s",
                           (75.5, datetime.datetime(2026, 3, 1, 2, tzinfo=datetime.timezone.utc)))
            same(cursor.fetchone()[0], 80, "parameters of other types")
            cursor.execute("SELECT plate FROM sights ORDER BY at LIMIT %s", (7,))
            same(len(cursor.fetchall()), 7, "limit as a parameter")
            # The fifth time psycopg prepares the statement.
            for _ in range(8):
                cursor.execute("SELECT status FROM bookings WHERE booking_id = %s", ("b-4",))
                same(cursor.fetchone(), ("confirmed",), "prepared")
    try:
        connection.execute("COPY bookings TO STDOUT")
        raise AssertionError("copied")
    except psycopg.errors.ReadOnlySqlTransaction:
        connection.rollback()
    try:
        connection.execute("INSERT INTO bookings (booking_id) VALUES ('x')")
        raise AssertionError("written")
    except psycopg.errors.ReadOnlySqlTransaction:
        connection.rollback()
    same(connection.execute("SELECT 1").fetchone(), (1,), "after errors")

try:
    psycopg.connect(host="127.0.0.1", port=port, dbname="kezek", user="centre", password="wrong")
    raise AssertionError("let in")
except psycopg.OperationalError as error:
    assert "authentication failed" in str(error), error

print("psycopg: well")
