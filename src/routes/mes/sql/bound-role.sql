
-- Only a role that was let in is touched.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    bound_to TEXT;
BEGIN
    IF to_regclass('edge_gateway.binding') IS NULL THEN
        RAISE EXCEPTION 'There is no schema edge_gateway: no gateway was let into this database.';
    END IF;
    SELECT organization_code INTO bound_to FROM edge_gateway.binding WHERE role_name = gateway_role;
    IF bound_to IS NULL THEN
        RAISE EXCEPTION 'Role "%" was not let in here. Let in are: %.', gateway_role,
            coalesce((SELECT string_agg(format('%I (%s)', role_name, organization_code), ', ') FROM edge_gateway.binding), 'none');
    END IF;
    IF bound_to <> current_setting('edge_gateway.organization') THEN
        RAISE EXCEPTION 'Role "%" is bound to organization "%", not to "%".',
            gateway_role, bound_to, current_setting('edge_gateway.organization');
    END IF;
END
$$;
