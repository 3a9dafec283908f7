
-- A token with which one gateway logs in once, to give itself a password. Only its verifier stands here.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    valid_until CONSTANT TIMESTAMP WITH TIME ZONE := clock_timestamp() + {{token_life}}::INTERVAL;
BEGIN
    EXECUTE format('ALTER ROLE %I LOGIN CONNECTION LIMIT {{connections}} PASSWORD %L VALID UNTIL %L',
        gateway_role, {{verifier}}, valid_until);
    -- Whoever renewed it before is over.
    UPDATE edge_gateway.login AS l SET token_until = valid_until, renewed_at = clock_timestamp()
    WHERE l.role_name = gateway_role;
END
$$;
