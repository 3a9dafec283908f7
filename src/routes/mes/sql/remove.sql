-- Takes one gateway role out again: what let it in, what bound it, its binding{{role_too}}.
-- What was written stays: the rows of the MES, and those in edge_gateway.
--     millrace central sql --remove --organization CODE | psql --set ON_ERROR_STOP=1 DATABASE
--
-- Run it as whoever let the role in, or as a superuser. Stop its gateways before; what they have not delivered stays with them.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;

SELECT set_config('edge_gateway.organization', {{organization}}, true) AS organization,
       set_config('edge_gateway.role', {{role}}, true) AS role,
       set_config('edge_gateway.keep_role', {{keep_role}}, true) AS keep_role,
       set_config('edge_gateway.drop_schema', {{drop_schema}}, true) AS drop_schema;

-- Only a role that was let in is taken out: nothing else is touched.
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

DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    role_id CONSTANT OID := (SELECT oid FROM pg_roles WHERE rolname = gateway_role);
    tenant INTEGER;
    item RECORD;
BEGIN
    DELETE FROM edge_gateway.binding WHERE role_name = gateway_role RETURNING organization_id INTO tenant;
    FOR item IN SELECT polname AS name, polrelid::REGCLASS AS on_table FROM pg_policy
                 WHERE polname IN (gateway_role || '_allowed', gateway_role || '_bound') LOOP
        EXECUTE format('DROP POLICY %I ON %s', item.name, item.on_table);
    END LOOP;
    FOR item IN SELECT tgname AS name, tgrelid::REGCLASS AS on_table FROM pg_trigger
                 WHERE tgname IN (gateway_role || '_insert_bound', gateway_role || '_update_bound') AND NOT tgisinternal LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', item.name, item.on_table);
    END LOOP;
    -- Rights on columns go with those on their table.
    FOR item IN
        SELECT DISTINCT c.oid::REGCLASS AS name, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
        FROM pg_class AS c
        WHERE EXISTS (SELECT FROM aclexplode(c.relacl) AS acl WHERE acl.grantee = role_id)
            OR EXISTS (SELECT FROM pg_attribute AS a, aclexplode(a.attacl) AS acl
                       WHERE a.attrelid = c.oid AND acl.grantee = role_id)
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %I', item.kind, item.name, gateway_role);
    END LOOP;
    FOR item IN SELECT n.nspname AS name FROM pg_namespace AS n, aclexplode(n.nspacl) AS acl
                 WHERE acl.grantee = role_id LOOP
        EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %I', item.name, gateway_role);
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM %I', current_database(), gateway_role);
    -- Views of an organization go with its last role.
    IF NOT EXISTS (SELECT FROM edge_gateway.binding WHERE organization_id = tenant) THEN
        FOR item IN SELECT c.oid::REGCLASS AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                     WHERE n.nspname = 'edge_gateway' AND c.relkind = 'v' AND c.relname LIKE '%\_' || tenant LOOP
            EXECUTE format('DROP VIEW %s', item.name);
        END LOOP;
    END IF;
    IF current_setting('edge_gateway.keep_role') = 'yes' THEN
        EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', gateway_role, current_database());
    ELSE
        EXECUTE format('DROP ROLE %I', gateway_role);
    END IF;
END
$$;

-- The gateway's own tables, with everything in them, and only if they were asked for by name.
DO $$
DECLARE
    others TEXT;
BEGIN
    IF current_setting('edge_gateway.drop_schema') <> 'yes' THEN
        RETURN;
    END IF;
    SELECT string_agg(quote_ident(role_name), ', ') INTO others FROM edge_gateway.binding;
    IF others IS NOT NULL THEN
        RAISE EXCEPTION 'The schema edge_gateway stays: % still use it. Without --with-schema the role alone is taken out.', others;
    END IF;
    -- Without CASCADE: what somebody else has put there, or built on it, is not dropped along.
    DROP TABLE edge_gateway.binding, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident;
    DROP TABLE IF EXISTS edge_gateway.machine;
    DROP FUNCTION IF EXISTS edge_gateway.refuse_other_tenant();
    DROP SCHEMA edge_gateway;
END
$$;

COMMIT;
