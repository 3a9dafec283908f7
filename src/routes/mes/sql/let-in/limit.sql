
DO $$
BEGIN
    EXECUTE format('ALTER ROLE %I CONNECTION LIMIT {{connections}}', current_setting('edge_gateway.role'));
END
$$;
