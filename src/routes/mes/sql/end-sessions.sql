
-- After the commit, so that none of them can log in again with what it had.
SELECT set_config('edge_gateway.role', {{role}}, false) AS role;
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
BEGIN
    PERFORM pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
    WHERE usename OPERATOR(pg_catalog.=) gateway_role AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid();
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE WARNING 'Sessions of role "%" that are open now could not be ended by role "%". Have a superuser run: '
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %;',
            gateway_role, current_user, pg_catalog.quote_literal(gateway_role);
END
$$;
