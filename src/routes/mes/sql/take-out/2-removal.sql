
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    role_id CONSTANT OID := (SELECT oid FROM pg_roles WHERE rolname = gateway_role);
    bound RECORD;
    item RECORD;
    rest TEXT;
BEGIN
    -- Version 1 had no views.
    EXECUTE 'SELECT to_jsonb(b) FROM edge_gateway.binding AS b WHERE role_name = $1' INTO rest USING gateway_role;
    SELECT (rest::JSONB ->> 'organization_id')::INTEGER AS organization_id, rest::JSONB -> 'views' AS views INTO bound;
    DELETE FROM edge_gateway.binding WHERE role_name = gateway_role;
    IF to_regclass('edge_gateway.login') IS NOT NULL THEN
        DELETE FROM edge_gateway.login WHERE role_name = gateway_role;
    END IF;
    FOR item IN SELECT polname AS name, polrelid::REGCLASS AS on_table FROM pg_policy
                 WHERE polname IN (gateway_role || '_allowed', gateway_role || '_bound', gateway_role || '_route_in', gateway_role || '_route_bound')
                     AND polroles = ARRAY[role_id] LOOP
        EXECUTE format('DROP POLICY %I ON %s', item.name, item.on_table);
    END LOOP;
    FOR item IN SELECT tgname AS name, tgrelid::REGCLASS AS on_table FROM pg_trigger
                 WHERE tgname IN (gateway_role || '_insert_bound', gateway_role || '_update_bound') AND NOT tgisinternal LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', item.name, item.on_table);
    END LOOP;
    -- Views of an organization go with the last role that uses them.
    FOR item IN SELECT name, format('edge_gateway.%I', name || '_' || bound.organization_id) AS view_name
                FROM jsonb_array_elements_text(coalesce(bound.views, '[]')) AS name LOOP
        IF NOT EXISTS (SELECT FROM edge_gateway.binding AS b
                       WHERE b.organization_id = bound.organization_id AND item.name = ANY (b.views)) THEN
            EXECUTE format('DROP VIEW IF EXISTS %s', item.view_name);
        END IF;
    END LOOP;
    EXECUTE format('DROP FUNCTION IF EXISTS edge_gateway.%I({{machine_parameters}})', {{machine_function_name}});
    IF current_setting('edge_gateway.keep_role') = 'yes' THEN
        EXECUTE format('ALTER ROLE %I IN DATABASE %I RESET ALL', gateway_role, current_database());
    ELSE
        EXECUTE format('DROP ROLE %I', gateway_role);
    END IF;
EXCEPTION
    WHEN dependent_objects_still_exist THEN
        GET STACKED DIAGNOSTICS rest = PG_EXCEPTION_DETAIL;
        RAISE EXCEPTION 'Role "%" has more than this script gave it: %. See to that first, or keep the role with --keep-role.',
            gateway_role, rest;
END
$$;

-- The gateway's own tables, with everything in them, and only if they were asked for by name.
DO $$
DECLARE
    others TEXT;
    own_table TEXT;
BEGIN
    IF current_setting('edge_gateway.drop_schema') <> 'yes' THEN
        RETURN;
    END IF;
    SELECT string_agg(quote_ident(role_name), ', ') INTO others FROM edge_gateway.binding;
    IF others IS NOT NULL THEN
        RAISE EXCEPTION 'The schema edge_gateway stays: % still use it. Without --with-schema the role alone is taken out.', others;
    END IF;
    -- Without CASCADE: what somebody else has put there, or built on it, is not dropped along.
    DROP VIEW IF EXISTS edge_gateway.fleet;
    -- Earlier versions had fewer of them.
    FOREACH own_table IN ARRAY ARRAY[{{own_tables}}] LOOP
        EXECUTE format('DROP TABLE IF EXISTS edge_gateway.%I', own_table);
    END LOOP;
    DROP FUNCTION IF EXISTS edge_gateway.refuse_other_tenant(), edge_gateway.renew_login(TEXT, TEXT);
    DROP SCHEMA edge_gateway;
END
$$;

