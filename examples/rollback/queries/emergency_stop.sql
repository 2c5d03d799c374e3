-- Emergency stops that nobody has lifted. No row: none is on.
SELECT system, reason, set_by,
       to_char(set_at AT TIME ZONE 'Asia/Tokyo', 'MM-DD HH24:MI') || ' JST' AS since
FROM emergency_stops WHERE lifted_at IS NULL ORDER BY set_at
