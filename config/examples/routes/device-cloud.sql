-- The tables of a device cloud that the route device-cloud.yaml needs, in a schema of their own.
-- Indexes are statements of their own, and a hash is there once: PostgreSQL knows no INDEX within a table, and a column that is
-- to tell repetitions needs a unique one.
CREATE SCHEMA device_cloud;
SET search_path = device_cloud;

CREATE TABLE users (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    email VARCHAR(255) UNIQUE NOT NULL,
    name VARCHAR(255) NOT NULL,
    oauth_provider VARCHAR(50),
    oauth_id VARCHAR(255) UNIQUE,
    is_active BOOLEAN DEFAULT true,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE requests (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id VARCHAR(50) NOT NULL,
    request_type VARCHAR(50) NOT NULL,
    status VARCHAR(50) NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
    payload_hash VARCHAR(64) UNIQUE,
    created_by UUID REFERENCES users(id),
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_requests_device ON requests (device_id, status, created_at);
CREATE INDEX idx_requests_created ON requests (created_at);

CREATE TABLE device_connections (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id VARCHAR(50) NOT NULL,
    user_id UUID REFERENCES users(id),
    connection_type VARCHAR(50),
    ip_address INET,
    connected_at TIMESTAMP NOT NULL,
    disconnected_at TIMESTAMP,
    session_duration_seconds INTEGER,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (device_id, connected_at)
);
CREATE INDEX idx_device_connections_connected ON device_connections (connected_at);
