
-- The role. One that exists already, and was not made by this script, may be that of somebody's application.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    known RECORD;
    owned TEXT;
    rights TEXT;
BEGIN
    SELECT * INTO known FROM pg_roles WHERE rolname = gateway_role;
    IF NOT FOUND THEN
        EXECUTE format('CREATE ROLE %I LOGIN', gateway_role);
        RETURN;
    END IF;
    IF known.rolsuper OR known.rolbypassrls OR known.rolcreaterole OR known.rolcreatedb OR known.rolreplication THEN
        RAISE EXCEPTION 'Role "%" may do more than a gateway must. Name another one with --role.', gateway_role;
    END IF;
    IF EXISTS (SELECT FROM pg_auth_members WHERE member = known.oid) THEN
        RAISE EXCEPTION 'Role "%" is a member of other roles. Name another one with --role.', gateway_role;
    END IF;
    SELECT CASE WHEN is_here THEN pg_describe_object(classid, objid, objsubid)
           ELSE 'something in database ' || (SELECT datname FROM pg_database WHERE oid = dbid) END
    INTO owned
    FROM (SELECT *, dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) AS is_here
          FROM pg_shdepend WHERE refclassid = 'pg_authid'::REGCLASS AND refobjid = known.oid AND deptype = 'o') AS owning
    -- What is temporary goes with its session.
    WHERE CASE WHEN is_here THEN coalesce((pg_identify_object(classid, objid, objsubid)).schema, '') NOT LIKE 'pg\_%temp%' ELSE true END
    LIMIT 1;
    IF owned IS NOT NULL THEN
        RAISE EXCEPTION 'Role "%" owns %. A gateway''s role owns nothing: name another one with --role, or see who made that.',
            gateway_role, owned;
    END IF;
    IF EXISTS (SELECT FROM edge_gateway.binding WHERE role_name = gateway_role) THEN
        RETURN;
    END IF;
    IF current_setting('edge_gateway.existing_role') <> 'yes' THEN
        RAISE EXCEPTION 'Role "%" exists already, and is that of no gateway of this database: its rights would be taken away. '
            'Name another one with --role, or, where nobody else uses it, say --existing-role.', gateway_role;
    END IF;
    SELECT string_agg(DISTINCT pg_describe_object(classid, objid, objsubid), ', ') INTO rights
    FROM pg_shdepend
    WHERE refclassid = 'pg_authid'::REGCLASS AND refobjid = known.oid
        AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
    IF rights IS NOT NULL THEN
        RAISE EXCEPTION 'Role "%" has rights in this database: on %. Revoke them first, or name another role with --role.',
            gateway_role, rights;
    END IF;
END
$$;

-- Bounds on the server's side too, and a dead gateway's session ends within a minute.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    mes CONSTANT TEXT := coalesce(nullif(current_setting('edge_gateway.mes_schema'), ''), 'edge_gateway');
    bound TEXT;
    lacking TEXT;
BEGIN
    FOREACH bound IN ARRAY ARRAY[
        'statement_timeout = ''60s''',
        'lock_timeout = ''30s''',
        'idle_in_transaction_session_timeout = ''60s''',
        'tcp_keepalives_idle = 20',
        'tcp_keepalives_interval = 10',
        'tcp_keepalives_count = 3'
    ] LOOP
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET %s', gateway_role, current_database(), bound);
    END LOOP;
    -- Whoever does not own the database and the schema may not give these, and is only warned. What counts is what the role has then.
    SET LOCAL client_min_messages = error;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), gateway_role);
    EXECUTE format('REVOKE ALL ON SCHEMA edge_gateway, %I FROM %I', mes, gateway_role);
    EXECUTE format('GRANT USAGE ON SCHEMA edge_gateway, %I TO %I', mes, gateway_role);
    SET LOCAL client_min_messages = warning;
    lacking := concat_ws(' ',
        CASE WHEN NOT has_database_privilege(gateway_role, current_database(), 'CONNECT')
            THEN format('GRANT CONNECT ON DATABASE %I TO %I WITH GRANT OPTION;', current_database(), current_user) END,
        CASE WHEN NOT has_schema_privilege(gateway_role, mes, 'USAGE')
            THEN format('GRANT USAGE ON SCHEMA %I TO %I WITH GRANT OPTION;', mes, current_user) END);
    IF lacking <> '' THEN
        RAISE EXCEPTION 'Role "%" may not let others in here. Have the owner of the database and of the schema run: %', current_user, lacking;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'Role "%" was made by somebody else (%). Run this as whoever made it, or as a superuser.',
            gateway_role, SQLERRM;
END
$$;

-- The binding: the organization's id is looked up now, by its code, and from then on stands in the policies and views.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    mes CONSTANT TEXT := current_setting('edge_gateway.mes_schema');
    code CONSTANT TEXT := current_setting('edge_gateway.organization');
    tenant INTEGER;
    bound_to INTEGER;
BEGIN
    IF mes = '' THEN
        tenant := 0; -- This database knows no organizations.
    ELSE
        EXECUTE format('SELECT id FROM %I.organizations WHERE code::TEXT = $1', mes) INTO tenant USING code;
    END IF;
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'There is no organization with the code "%" in %.organizations.', code, mes;
    END IF;
    INSERT INTO edge_gateway.binding (role_name, organization_id, organization_code, schema_version)
    VALUES (gateway_role, tenant, code, {{version}})
    ON CONFLICT (role_name) DO UPDATE
        SET organization_code = excluded.organization_code, schema_version = excluded.schema_version
    RETURNING organization_id INTO bound_to;
    IF bound_to <> tenant THEN
        RAISE EXCEPTION 'Role "%" is bound to another organization already (id %). Name another one with --role.',
            gateway_role, bound_to;
    END IF;
    PERFORM set_config('edge_gateway.tenant', tenant::TEXT, true);
END
$$;
