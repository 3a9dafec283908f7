
-- Since version 5: which gateway of a pair is the active one. Every transaction of a gateway of a pair that writes rows of machines has
-- locked this row (FOR KEY SHARE), and whoever takes over locks it FOR UPDATE: so a former active one has ended its transaction by then,
-- and finds itself replaced in the next. A renewal waits for neither.
CREATE TABLE IF NOT EXISTS edge_gateway.lease (
    organization_id INTEGER NOT NULL,
    pair TEXT NOT NULL,
    holder TEXT NOT NULL,
    -- Another one with each takeover, and never one that was there before: milliseconds since 1970, or one more than the last.
    epoch BIGINT NOT NULL,
    -- By the clock of this server alone.
    renewed_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    -- The holder has given it back: nobody has to wait until it expires.
    is_released BOOLEAN NOT NULL DEFAULT false,
    -- Who is to become the active one, as somebody has asked for.
    wanted TEXT,
    PRIMARY KEY (organization_id, pair)
);

-- What each gateway of a pair says of itself, so that each knows of the other.
CREATE TABLE IF NOT EXISTS edge_gateway.pair_gateway (
    organization_id INTEGER NOT NULL,
    pair TEXT NOT NULL,
    gateway_id TEXT NOT NULL,
    role TEXT NOT NULL,
    -- Why it could not take over; NULL where it could.
    unready TEXT,
    -- What has the same value for both where both would derive the same: a hash over their device maps.
    maps_hash TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, pair, gateway_id)
);
