
-- The gateway's own tables.
CREATE SCHEMA IF NOT EXISTS edge_gateway;

-- Which organization a role belongs to. Nobody but the DBA writes here.
CREATE TABLE IF NOT EXISTS edge_gateway.binding (
    role_name NAME PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    organization_code TEXT NOT NULL,
    schema_version INTEGER NOT NULL
);
-- Since version 2: tables of the MES that this role reaches through a view only, because they have no row-level security.
ALTER TABLE edge_gateway.binding ADD COLUMN IF NOT EXISTS views TEXT[] NOT NULL DEFAULT '{}';

-- How far each gateway's stream of events is applied. Moved in the same transaction as the rows.
CREATE TABLE IF NOT EXISTS edge_gateway.stream (
    organization_id INTEGER NOT NULL,
    gateway_id TEXT NOT NULL,
    incarnation UUID NOT NULL,
    epoch BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    last_hash BYTEA NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, gateway_id)
);

-- Events whose rows were refused for themselves. Retried; released when they have landed.
CREATE TABLE IF NOT EXISTS edge_gateway.quarantine (
    organization_id INTEGER NOT NULL,
    gateway_id TEXT NOT NULL,
    incarnation UUID NOT NULL,
    seq BIGINT NOT NULL,
    event JSONB NOT NULL,
    reason TEXT NOT NULL,
    sqlstate TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    released_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (organization_id, gateway_id, incarnation, seq)
);
CREATE INDEX IF NOT EXISTS quarantine_open ON edge_gateway.quarantine (organization_id, gateway_id, incarnation, seq)
    WHERE released_at IS NULL;

-- Fences, gaps, restores, adoptions and the like, so that both sides learn of them.
CREATE TABLE IF NOT EXISTS edge_gateway.incident (
    organization_id INTEGER NOT NULL,
    gateway_id TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    kind TEXT NOT NULL,
    detail JSONB NOT NULL,
    PRIMARY KEY (organization_id, gateway_id, at)
);

-- Since version 2: under which id each gateway wrote the rows of a machine, because the MES may rename a machine, or give its code to
-- another one. A stretch of rows begins with the time of its first row, and ends where the next one of that code begins.
CREATE TABLE IF NOT EXISTS edge_gateway.machine (
    organization_id INTEGER NOT NULL,
    gateway_id TEXT NOT NULL,
    machine_code TEXT NOT NULL,
    rows_from TIMESTAMP WITH TIME ZONE NOT NULL,
    machine_id INTEGER NOT NULL,
    -- When rows of it were begun, to a minute: two gateways that write at the same time have one machine in their maps.
    first_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    last_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, gateway_id, machine_code, rows_from)
);
-- Since version 4: what a gateway said last in machines.status, and the time of the row that it said it for. Another value there is somebody else's.
ALTER TABLE edge_gateway.machine ADD COLUMN IF NOT EXISTS said_status TEXT;
ALTER TABLE edge_gateway.machine ADD COLUMN IF NOT EXISTS said_for TIMESTAMP WITH TIME ZONE;
CREATE INDEX IF NOT EXISTS machine_by_id ON edge_gateway.machine (organization_id, machine_id);

