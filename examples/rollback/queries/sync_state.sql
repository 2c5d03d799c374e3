-- What the sync last said of itself, one row a system, by the clock of who reads it.
SELECT system, state,
       to_char(last_synced_at AT TIME ZONE 'Asia/Tokyo', 'MM-DD HH24:MI') || ' JST' AS last_synced
FROM sync_state ORDER BY system
