
-- What the role needs to renew its own login.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
BEGIN
    INSERT INTO edge_gateway.login (organization_id, role_name)
    VALUES (current_setting('edge_gateway.tenant')::INTEGER, gateway_role)
    ON CONFLICT (role_name) DO NOTHING;
    EXECUTE format('GRANT EXECUTE ON FUNCTION edge_gateway.renew_login(TEXT, TEXT) TO %I', gateway_role);
END
$$;
