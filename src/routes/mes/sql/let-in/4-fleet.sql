-- Since version 5: who may see the gateways in the view below, besides whoever owns this schema. Only the DBA writes here.
CREATE TABLE IF NOT EXISTS edge_gateway.fleet_reader (
    role_name NAME NOT NULL,
    -- NULL: the gateways of all organizations.
    organization_id INTEGER
);
CREATE UNIQUE INDEX IF NOT EXISTS fleet_reader_once ON edge_gateway.fleet_reader (role_name, coalesce(organization_id, -1));

-- All gateways in one place. Whoever asks sees those of his organizations: a gateway's role its own one's, a reader those that he was
-- given, whoever owns this schema all of them. What the view reads is hidden from the asking role itself.
CREATE OR REPLACE VIEW edge_gateway.fleet WITH (security_barrier) AS
SELECT found.organization_id,
    (SELECT min(bound.organization_code) FROM edge_gateway.binding AS bound
     WHERE bound.organization_id = found.organization_id) AS organization_code,
    found.gateway_id,
    report.plant_code,
    CASE
        -- It has delivered events, and is of a version that says nothing of itself.
        WHEN report.state IS NULL THEN 'unreported'
        WHEN report.state = 'stopped' THEN 'stopped'
        WHEN coalesce(seen.silent_s > 3 * report.due_s, true) THEN 'silent'
        WHEN report.trouble_count > 0 OR refused.quarantined > 0 THEN 'trouble'
        WHEN report.lag_s > 60 THEN 'behind'
        ELSE 'good'
    END AS verdict,
    seen.seen_at,
    seen.silent_s,
    stream.updated_at AS delivered_at,
    report.lag_s,
    report.pending,
    refused.quarantined,
    report.trouble_count,
    report.troubles,
    report.version,
    report.started_at,
    report.host,
    report.clock_offset_ms,
    report.machines,
    report.maps_hash
FROM (SELECT organization_id, gateway_id FROM edge_gateway.stream
      UNION
      SELECT organization_id, gateway_id FROM edge_gateway.gateway_report) AS found
LEFT JOIN edge_gateway.stream AS stream USING (organization_id, gateway_id)
LEFT JOIN edge_gateway.gateway_report AS report USING (organization_id, gateway_id)
CROSS JOIN LATERAL (
    -- A gateway may write any moment there: what lies in the future, or before there were gateways, counts for nothing.
    SELECT max(said.at) AS seen_at, extract(epoch FROM now() - max(least(said.at, now())))::BIGINT AS silent_s
    FROM (VALUES (report.reported_at), (stream.updated_at)) AS said (at)
    WHERE said.at BETWEEN TIMESTAMP WITH TIME ZONE '2020-01-01 00:00Z' AND now() + INTERVAL '1 minute'
) AS seen
CROSS JOIN LATERAL (
    SELECT count(*) AS quarantined FROM edge_gateway.quarantine AS q
    WHERE q.organization_id = found.organization_id AND q.gateway_id = found.gateway_id AND q.released_at IS NULL
) AS refused
WHERE EXISTS (SELECT FROM edge_gateway.binding AS bound
              WHERE bound.role_name = current_user AND bound.organization_id = found.organization_id)
    OR EXISTS (SELECT FROM edge_gateway.fleet_reader AS reader
               JOIN pg_catalog.pg_roles AS known ON known.rolname = reader.role_name
               WHERE pg_has_role(known.oid, 'USAGE')
                   AND (reader.organization_id IS NULL OR reader.organization_id = found.organization_id))
    OR pg_has_role((SELECT relowner FROM pg_catalog.pg_class
                    WHERE oid = 'edge_gateway.binding'::REGCLASS), 'USAGE');

