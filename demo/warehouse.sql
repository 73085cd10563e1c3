-- The two streams as tables: the newest row of a key wins, as in any upserting target.
CREATE OR REPLACE TABLE events AS
SELECT * FROM read_ndjson('output/demo/events-*.jsonl', filename = true, columns = {
    event_key: 'VARCHAR', event_name: 'VARCHAR', event_time: 'TIMESTAMPTZ',
    object_id: 'VARCHAR', identity: 'VARCHAR', event_props: 'JSON', profile_data: 'JSON'
})
QUALIFY row_number() OVER (PARTITION BY event_key ORDER BY filename DESC) = 1;

CREATE OR REPLACE TABLE profiles AS
SELECT * FROM read_ndjson('output/demo/profiles-*.jsonl', filename = true, columns = {
    profile_key: 'VARCHAR', identity: 'VARCHAR', object_ids: 'VARCHAR[]', profile_data: 'JSON'
})
QUALIFY row_number() OVER (PARTITION BY profile_key ORDER BY filename DESC) = 1;

-- What the warehouse knows and CleverTap does not: who spent how much, and so which tier they are.
CREATE OR REPLACE TABLE loyalty AS
SELECT
    identity,
    CASE WHEN spent >= 1500 THEN 'gold' WHEN spent >= 500 THEN 'silver' ELSE 'bronze' END AS tier,
    spent,
    last_order
FROM (
    SELECT
        identity,
        coalesce(sum(CAST(event_props ->> 'Amount' AS DECIMAL(18, 2))), 0) AS spent,
        strftime(max(event_time) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS last_order
    FROM events
    WHERE event_name = 'Charged' AND identity IS NOT NULL
    GROUP BY identity
);

COPY loyalty TO 'output/demo/loyalty.ndjson' (FORMAT json);
