-- The tables of a production scheduling system that the route scheduling.yaml needs, in a schema of their own.
-- Only these: products, BOMs, scenarios and the audit are the system's own affair.
CREATE SCHEMA scheduling;
SET search_path = scheduling;

CREATE TABLE organizations (
    id SERIAL PRIMARY KEY,
    code VARCHAR(50) UNIQUE NOT NULL,
    name VARCHAR(255) NOT NULL
);

CREATE TABLE plants (
    id SERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    code VARCHAR(50) NOT NULL,
    name VARCHAR(255) NOT NULL,
    UNIQUE (organization_id, code)
);

CREATE TABLE work_center_categories (
    id SERIAL PRIMARY KEY,
    name VARCHAR(100) UNIQUE NOT NULL
);

CREATE TABLE work_centers (
    id SERIAL PRIMARY KEY,
    plant_id INTEGER NOT NULL REFERENCES plants(id),
    category_id INTEGER REFERENCES work_center_categories(id),
    code VARCHAR(50) UNIQUE NOT NULL,
    name VARCHAR(255) NOT NULL,
    -- machines.machine_code of the MES: a work centre may have one machine.
    machine_code VARCHAR(100) UNIQUE,
    cost_per_hour NUMERIC(12, 2),
    attributes JSONB NOT NULL DEFAULT '{}'
);

CREATE TABLE users (
    id SERIAL PRIMARY KEY,
    username VARCHAR(100) UNIQUE NOT NULL,
    -- users.id of the MES, as its badges name people.
    mes_user_id INTEGER UNIQUE,
    is_active BOOLEAN NOT NULL DEFAULT TRUE
);

CREATE TABLE work_orders (
    id SERIAL PRIMARY KEY,
    plant_id INTEGER NOT NULL REFERENCES plants(id),
    work_order_number VARCHAR(100) UNIQUE NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    status VARCHAR(50) NOT NULL DEFAULT 'released'
);

CREATE TABLE operations (
    id SERIAL PRIMARY KEY,
    work_order_id INTEGER NOT NULL REFERENCES work_orders(id),
    -- What is printed on the order's paper, and scanned.
    operation_number VARCHAR(100) UNIQUE NOT NULL,
    sequence INTEGER NOT NULL,
    work_center_id INTEGER REFERENCES work_centers(id),
    planned_minutes INTEGER,
    UNIQUE (work_order_id, sequence)
);

CREATE TABLE operation_timestamps (
    id BIGSERIAL PRIMARY KEY,
    operation_id INTEGER NOT NULL REFERENCES operations(id),
    timestamp_type VARCHAR(10) NOT NULL CHECK (timestamp_type IN ('START', 'STOP', 'PAUSE', 'RESUME')),
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    operator_id INTEGER REFERENCES users(id),
    work_center_id INTEGER REFERENCES work_centers(id),
    workstation VARCHAR(100),
    attributes JSONB NOT NULL DEFAULT '{}',
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
);
CREATE INDEX idx_operation_timestamps_operation ON operation_timestamps (operation_id, recorded_at);
CREATE INDEX idx_operation_timestamps_recorded ON operation_timestamps (recorded_at);
