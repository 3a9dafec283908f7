
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
BEGIN
    EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL', gateway_role);
    -- Before version 5 nobody wrote this down.
    IF to_regclass('edge_gateway.login') IS NOT NULL THEN
        UPDATE edge_gateway.login SET token_until = NULL, renewed_at = clock_timestamp() WHERE role_name = gateway_role;
    END IF;
    INSERT INTO edge_gateway.incident (organization_id, gateway_id, kind, detail)
    SELECT organization_id, '', 'login-revoked', jsonb_build_object('role', gateway_role, 'by', session_user)
    FROM edge_gateway.binding WHERE role_name = gateway_role;
END
$$;

