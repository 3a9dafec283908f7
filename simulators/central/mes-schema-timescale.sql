-- Shape B, after mes-schema.sql and only where TimescaleDB is installed: the three time-series tables as compressed
-- hypertables, and the OEE view that is refreshed from the status history.
--
-- A hypertable's key must contain its time, and neither compression nor a continuous aggregate goes together with
-- row-level security, so these tables lose theirs. The master data keeps it.
CREATE EXTENSION IF NOT EXISTS timescaledb;

DO $$
DECLARE
    hypertable RECORD;
BEGIN
    FOR hypertable IN SELECT * FROM (VALUES
        ('machine_status_history', 'changed_at', 'organization_id, machine_id, new_status'),
        ('downtime_events', 'started_at', 'organization_id, machine_id, downtime_category'),
        ('qr_code_scans', 'scanned_at', 'organization_id, scan_type')
    ) AS t (name, at, segment_by) LOOP
        EXECUTE format('DROP POLICY %I ON %I', hypertable.name || '_tenant_isolation', hypertable.name);
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', hypertable.name);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', hypertable.name);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', hypertable.name, hypertable.name || '_pkey');
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET NOT NULL', hypertable.name, hypertable.at);
        EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (id, %I)', hypertable.name, hypertable.at);
        PERFORM create_hypertable(
            hypertable.name::REGCLASS, hypertable.at::NAME,
            chunk_time_interval => INTERVAL '1 month', migrate_data => TRUE);
        EXECUTE format('ALTER TABLE %I SET (timescaledb.compress, timescaledb.compress_segmentby = %L)',
            hypertable.name, hypertable.segment_by);
        PERFORM add_compression_policy(hypertable.name::REGCLASS, INTERVAL '30 days');
    END LOOP;
END
$$;

CREATE MATERIALIZED VIEW daily_machine_oee
WITH (timescaledb.continuous) AS
SELECT
    time_bucket('1 day', changed_at) AS day,
    organization_id,
    machine_id,
    sum(CASE WHEN new_status = 'running' THEN duration_minutes ELSE 0 END) AS running_minutes,
    sum(CASE WHEN new_status = 'down' THEN duration_minutes ELSE 0 END) AS down_minutes,
    sum(CASE WHEN new_status = 'running' THEN duration_minutes ELSE 0 END)::NUMERIC
        / nullif(sum(duration_minutes), 0) * 100 AS availability_percent
FROM machine_status_history
GROUP BY 1, 2, 3
WITH NO DATA;

SELECT add_continuous_aggregate_policy('daily_machine_oee',
    start_offset => INTERVAL '3 days',
    end_offset => INTERVAL '1 hour',
    schedule_interval => INTERVAL '1 hour');
