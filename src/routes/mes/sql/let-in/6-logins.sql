
-- Since version 5: when each role's login was last renewed, and by which gateway. Nobody writes here but the scripts and the function below.
CREATE TABLE IF NOT EXISTS edge_gateway.login (
    organization_id INTEGER NOT NULL,
    role_name NAME PRIMARY KEY,
    -- As it calls itself.
    gateway_id TEXT,
    -- Until when a token to enrol may be used; NULL where none waits to be used.
    token_until TIMESTAMP WITH TIME ZONE,
    enrolled_at TIMESTAMP WITH TIME ZONE,
    renewed_at TIMESTAMP WITH TIME ZONE
);

-- A gateway's password is made on the gateway. What it gives is a verifier, by which the server can judge the password and cannot know it.
-- It runs with the rights of whoever owns it, because only they may lift the end of a token's life. So it takes nothing from its caller
-- but the verifier and a name, changes nobody's login but the one with which the session was begun, and looks only into pg_catalog.
CREATE OR REPLACE FUNCTION edge_gateway.renew_login(verifier TEXT, gateway TEXT) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
    own edge_gateway.login;
    session_began CONSTANT TIMESTAMP WITH TIME ZONE :=
        (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid());
BEGIN
    -- Anything else would be taken for a password, and would stand in the server's log if the statement failed.
    IF verifier IS NULL OR length(verifier) > 200 OR verifier !~
        '^SCRAM-SHA-256\$[1-9][0-9]{3,5}:[A-Za-z0-9+/]{22,64}={0,2}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' THEN
        RAISE EXCEPTION 'This is no verifier of SCRAM-SHA-256.' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF gateway IS NULL OR length(gateway) NOT BETWEEN 1 AND 200 THEN
        RAISE EXCEPTION 'The gateway must say its name.' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO own FROM edge_gateway.login WHERE role_name = session_user FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Role "%" is that of no gateway.', session_user USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF own.token_until < clock_timestamp() THEN
        RAISE EXCEPTION 'The token is no longer valid.' USING ERRCODE = 'invalid_authorization_specification';
    END IF;
    -- A session that was begun with a token or a password that has been replaced meanwhile. Where the owner may not see when it
    -- began, it counts as an hour old.
    IF own.renewed_at > coalesce(session_began, clock_timestamp() - INTERVAL '1 hour') THEN
        RAISE EXCEPTION 'The login of role "%" was renewed after this session had begun.', session_user
            USING ERRCODE = 'invalid_authorization_specification';
    END IF;
    EXECUTE format(CASE WHEN own.token_until IS NULL THEN 'ALTER ROLE %I PASSWORD %L'
                        ELSE 'ALTER ROLE %I PASSWORD %L VALID UNTIL ''infinity''' END, session_user, verifier);
    UPDATE edge_gateway.login
    SET gateway_id = gateway, token_until = NULL, renewed_at = clock_timestamp(),
        enrolled_at = CASE WHEN own.token_until IS NULL THEN enrolled_at ELSE clock_timestamp() END
    WHERE role_name = session_user;
    INSERT INTO edge_gateway.incident (organization_id, gateway_id, kind, detail)
    VALUES (own.organization_id, gateway, CASE WHEN own.token_until IS NULL THEN 'login-renewed' ELSE 'enrolled' END,
            jsonb_build_object('role', session_user, 'address', host(inet_client_addr())));
END
$function$;
REVOKE ALL ON FUNCTION edge_gateway.renew_login(TEXT, TEXT) FROM PUBLIC;
