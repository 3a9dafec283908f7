
-- Since version 5: the statement that keeps `machines` current, as a function of the role. A session of the server keeps the plan of what
-- is in a function, and would make that of a statement anew for each batch. It runs with the rights of whoever calls it, and does nothing
-- that the role may not do without it; a gateway that finds another text in it than its own sends the statement instead.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    tenant CONSTANT TEXT := current_setting('edge_gateway.tenant');
    signature CONSTANT TEXT := format('edge_gateway.%I({{machine_parameters}})', {{machine_function_name}});
    behind_views CONSTANT TEXT[] := (SELECT b.views FROM edge_gateway.binding AS b WHERE b.role_name = gateway_role);
    body TEXT := {{machine_function}};
    table_name TEXT;
BEGIN
    IF current_setting('edge_gateway.mes_schema') = '' THEN
        EXECUTE 'DROP FUNCTION IF EXISTS ' || signature;
        RETURN;
    END IF;
    FOREACH table_name IN ARRAY ARRAY['machines', 'machine_status_history'] LOOP
        body := replace(body, '<' || table_name || '>',
            CASE WHEN table_name = ANY (behind_views) THEN format('edge_gateway."%s_%s"', table_name, tenant)
                 ELSE {{quoted_schema}} || '."' || table_name || '"' END);
    END LOOP;
    -- The plan is made once, for whatever comes later: without the machine's own estimate of how many rows there are, and always by index.
    EXECUTE format('CREATE OR REPLACE FUNCTION %s RETURNS VOID LANGUAGE plpgsql SECURITY INVOKER '
        'SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_sort = off SET jit = off '
        'AS %L', signature, body);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', signature, gateway_role);
END
$$;
