-- Since version 5: what each gateway says of itself about once a minute, so that all of them can be seen in one place. One row a gateway.
CREATE TABLE IF NOT EXISTS edge_gateway.gateway_report (
    organization_id INTEGER NOT NULL,
    gateway_id TEXT NOT NULL,
    -- By this server's clock.
    reported_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    -- After how many seconds at most the next one is due.
    due_s INTEGER NOT NULL,
    -- 'running', or 'stopped' where it said so itself while it stopped.
    state TEXT NOT NULL,
    plant_code TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    -- By the gateway's own clock.
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    -- Events that are not delivered yet, and how long the oldest of them has waited.
    pending BIGINT NOT NULL,
    lag_s BIGINT NOT NULL,
    -- This server's clock minus the gateway's: the least that is proven.
    clock_offset_ms BIGINT,
    machines INTEGER NOT NULL,
    -- Two gateways with the same hash have the same device maps in force.
    maps_hash TEXT NOT NULL,
    -- What somebody should see to: [{"code": "", "what": "", "since": "", "device": ""}], the first few of each code.
    troubles JSONB NOT NULL,
    -- How many there are, also where `troubles` does not name all of them.
    trouble_count INTEGER NOT NULL,
    PRIMARY KEY (organization_id, gateway_id),
    -- Whoever has the login of one gateway must not spoil the page on which all of them are.
    CONSTRAINT gateway_report_bounded CHECK (
        due_s BETWEEN 1 AND 86400
        AND octet_length(concat(gateway_id, state, plant_code, host, version, maps_hash)) <= 8000
        AND jsonb_typeof(troubles) = 'array' AND octet_length(troubles::TEXT) <= 262144
        AND NOT jsonb_path_exists(troubles, '$[*] ? (@.type() != "object")'))
) WITH (fillfactor = 50); -- Rows are overwritten all the time: with room on their page no index has to be touched.

