
-- Whatever bound the role before is taken away, so that tables may have gained or lost row-level security meanwhile.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    role_id CONSTANT OID := (SELECT oid FROM pg_roles WHERE rolname = gateway_role);
    old RECORD;
BEGIN
    FOR old IN SELECT p.polname AS name, p.polrelid::REGCLASS AS on_table FROM pg_policy AS p
               WHERE p.polname IN (gateway_role || '_allowed', gateway_role || '_bound') AND p.polroles = ARRAY[role_id] LOOP
        EXECUTE format('DROP POLICY %I ON %s', old.name, old.on_table);
    END LOOP;
    -- Version 1 had triggers where there was no row-level security.
    FOR old IN SELECT t.tgname AS name, t.tgrelid::REGCLASS AS on_table FROM pg_trigger AS t
               WHERE t.tgname IN (gateway_role || '_insert_bound', gateway_role || '_update_bound')
                   AND NOT t.tgisinternal LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', old.name, old.on_table);
    END LOOP;
    BEGIN
        DROP FUNCTION IF EXISTS edge_gateway.refuse_other_tenant();
    EXCEPTION
        WHEN dependent_objects_still_exist THEN NULL; -- Another role is still bound as version 1 did it.
    END;
    IF current_setting('edge_gateway.mes_schema') <> '' THEN
        EXECUTE format('REVOKE ALL ON %I.organizations FROM %I', current_setting('edge_gateway.mes_schema'), gateway_role);
    END IF;
END
$$;

-- Rights and bounds, table by table. What the role had before on these tables is taken away first.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    mes CONSTANT TEXT := current_setting('edge_gateway.mes_schema');
    tenant CONSTANT INTEGER := current_setting('edge_gateway.tenant')::INTEGER;
    t RECORD;
    target RECORD;
    full_name TEXT;
    granted_on TEXT;
    view_name TEXT;
    there TEXT[];
    missing TEXT[];
    own_rows TEXT;
    own_references TEXT;
    sequence_name TEXT;
    behind_views TEXT[] := '{}';
    role_id CONSTANT OID := (SELECT oid FROM pg_roles WHERE rolname = gateway_role);
    touched OID[] := ARRAY['edge_gateway.fleet'::REGCLASS::OID];
    leftover RECORD;
BEGIN
    FOR t IN SELECT in_schema, name, is_needed, string_to_array(readable, ' ') AS readable,
            string_to_array(insertable, ' ') AS insertable, string_to_array(updatable, ' ') AS updatable,
            string_to_array(spare, ' ') AS spare, string_to_array(belonging, ' ') AS belonging
        FROM (VALUES
        -- Schema, table, whether the gateway needs it; columns that it reads, inserts, updates, and those that it works without;
        -- columns that hold ids, and of which tables: the row with that id must be of the same organization.
        {{rights}}
    ) AS rights (in_schema, name, is_needed, readable, insertable, updatable, spare, belonging) LOOP
        full_name := format('%I.%I', t.in_schema, t.name);
        SELECT c.oid, c.relowner, c.relrowsecurity INTO target
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = t.in_schema AND c.relname = t.name AND c.relkind IN ('r', 'p');
        there := ARRAY(SELECT attname::TEXT FROM pg_attribute
                       WHERE attrelid = target.oid AND attnum > 0 AND NOT attisdropped);
        IF NOT t.is_needed AND NOT there @> '{organization_id}' THEN
            SET LOCAL client_min_messages = notice;
            RAISE NOTICE 'Passed over, because there is no such table with an organization_id: %. The gateway works without it.',
                full_name;
            SET LOCAL client_min_messages = warning;
            CONTINUE;
        END IF;
        missing := ARRAY(SELECT DISTINCT name FROM unnest(t.readable || t.insertable || t.updatable) AS name
                         WHERE name <> ALL (there));
        IF t.is_needed AND NOT missing <@ t.spare THEN
            RAISE EXCEPTION 'Table % has no column %: the gateway needs it.', full_name, array_to_string(missing, ', ');
        ELSIF missing <> '{}' THEN
            SET LOCAL client_min_messages = notice;
            RAISE NOTICE 'Table % has no column %. The gateway works without.', full_name, array_to_string(missing, ', ');
            SET LOCAL client_min_messages = warning;
        END IF;

        own_rows := format('%I.organization_id = %s', t.name, tenant);
        SELECT coalesce(string_agg(
            format(' AND (%1$I.%2$I IS NULL OR EXISTS (SELECT FROM %3$s AS referred WHERE referred.id = %1$I.%2$I '
                'AND referred.organization_id = %4$s))', t.name, r.in_column,
                -- A policy asks with the role's own rights, and those are on the view; a view with those of its owner.
                CASE WHEN target.relrowsecurity AND NOT c.relrowsecurity
                    THEN format('edge_gateway.%I', c.relname || '_' || tenant) ELSE c.oid::REGCLASS::TEXT END,
                tenant), '' ORDER BY r.place), '')
        INTO own_references
        FROM (SELECT split_part(pair, ':', 1) AS in_column, split_part(pair, ':', 2) AS of_table, place
              FROM unnest(t.belonging) WITH ORDINALITY AS belonging (pair, place)) AS r
        JOIN pg_class AS c ON c.relname = r.of_table AND c.relkind IN ('r', 'p')
            AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = mes)
        WHERE r.in_column = ANY (there)
            AND 2 = (SELECT count(*) FROM pg_attribute
                     WHERE attrelid = c.oid AND attname IN ('id', 'organization_id') AND NOT attisdropped);

        IF NOT target.relrowsecurity AND t.insertable = '{}' THEN
            -- A view cannot refuse what it shows. Where the gateway only keeps rows up to date, all of them must be seen.
            own_references := '';
        END IF;

        EXECUTE format('REVOKE ALL ON %s FROM %I', full_name, gateway_role);
        view_name := format('edge_gateway.%I', t.name || '_' || tenant);
        IF target.relrowsecurity THEN
            granted_on := full_name;
            -- The first lets the role in, whatever the site's own policies are; the second keeps it in its place.
            EXECUTE format('CREATE POLICY %I ON %s TO %I USING (%s)',
                gateway_role || '_allowed', full_name, gateway_role, own_rows);
            EXECUTE format('CREATE POLICY %I ON %s AS RESTRICTIVE TO %I USING (%s) WITH CHECK (%s%s)',
                gateway_role || '_bound', full_name, gateway_role, own_rows, own_rows, own_references);
            IF to_regclass(view_name) IS NOT NULL THEN
                EXECUTE format('REVOKE ALL ON %s FROM %I', view_name, gateway_role);
                IF NOT EXISTS (SELECT FROM edge_gateway.binding
                               WHERE organization_id = tenant AND role_name <> gateway_role AND t.name = ANY (views)) THEN
                    BEGIN
                        EXECUTE format('DROP VIEW %s', view_name);
                    EXCEPTION
                        WHEN dependent_objects_still_exist THEN NULL; -- Somebody else builds on it, and this role has no right on it.
                    END;
                END IF;
            END IF;
        ELSE
            -- No row-level security (a compressed hypertable cannot have it): a view shows the organization's rows, and no others.
            granted_on := view_name;
            behind_views := behind_views || t.name::TEXT;
            EXECUTE format('CREATE OR REPLACE VIEW %s WITH (security_barrier) AS SELECT %s FROM %s WHERE %s%s WITH CASCADED CHECK OPTION',
                view_name,
                (SELECT string_agg(format('%I.%I', t.name, name), ', ' ORDER BY place)
                 FROM (SELECT a.attname::TEXT AS name, a.attnum::INTEGER AS place FROM pg_attribute AS a
                       -- Columns of a view that is there already keep their places.
                       WHERE a.attrelid = to_regclass(view_name) AND a.attnum > 0
                       UNION ALL
                       SELECT name, 10000 + min(place)::INTEGER
                       FROM unnest(t.readable || t.insertable || t.updatable) WITH ORDINALITY AS wanted (name, place)
                       WHERE name = ANY (there) AND name NOT IN (
                           SELECT attname::TEXT FROM pg_attribute WHERE attrelid = to_regclass(view_name))
                       GROUP BY name) AS columns),
                full_name, own_rows, own_references);
            IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                EXECUTE format('ALTER VIEW %s OWNER TO %s', view_name, target.relowner::REGROLE);
            END IF;
            EXECUTE format('REVOKE ALL ON %s FROM %I', view_name, gateway_role);
        END IF;
        touched := touched || target.oid || granted_on::REGCLASS::OID;

        EXECUTE format('GRANT SELECT (%s) ON %s TO %I',
            (SELECT string_agg(quote_ident(name), ', ') FROM unnest(t.readable) AS name WHERE name = ANY (there)),
            granted_on, gateway_role);
        IF t.insertable <> '{}' THEN
            EXECUTE format('GRANT INSERT (%s) ON %s TO %I',
                (SELECT string_agg(quote_ident(name), ', ') FROM unnest(t.insertable) AS name WHERE name = ANY (there)),
                granted_on, gateway_role);
            -- Those that number its rows.
            FOR sequence_name IN SELECT DISTINCT s.oid::REGCLASS::TEXT FROM pg_attrdef AS d
                JOIN pg_depend AS uses ON uses.classid = 'pg_attrdef'::REGCLASS AND uses.objid = d.oid
                    AND uses.refclassid = 'pg_class'::REGCLASS
                JOIN pg_class AS s ON s.oid = uses.refobjid AND s.relkind = 'S'
                WHERE d.adrelid = target.oid LOOP
                EXECUTE format('REVOKE ALL ON SEQUENCE %s FROM %I', sequence_name, gateway_role);
                EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', sequence_name, gateway_role);
                touched := touched || sequence_name::REGCLASS::OID;
            END LOOP;
        END IF;
        IF t.updatable <> '{}' THEN
            EXECUTE format('GRANT UPDATE (%s) ON %s TO %I',
                (SELECT string_agg(quote_ident(name), ', ') FROM unnest(t.updatable) AS name WHERE name = ANY (there)),
                granted_on, gateway_role);
        END IF;
    END LOOP;
    UPDATE edge_gateway.binding SET views = behind_views WHERE role_name = gateway_role;
    EXECUTE format('REVOKE ALL ON edge_gateway.fleet FROM %I', gateway_role);
    EXECUTE format('GRANT SELECT ({{fleet_columns}}) ON edge_gateway.fleet TO %I', gateway_role);

    -- What the role has besides was given by somebody, and is not taken away without being asked for.
    FOR leftover IN
        SELECT DISTINCT c.oid::REGCLASS AS what FROM pg_class AS c, aclexplode(c.relacl) AS acl
        WHERE acl.grantee = role_id AND c.oid <> ALL (touched)
        UNION
        SELECT a.attrelid::REGCLASS FROM pg_attribute AS a, aclexplode(a.attacl) AS acl
        WHERE acl.grantee = role_id AND a.attrelid <> ALL (touched)
    LOOP
        RAISE WARNING 'Role "%" has rights on %, which it does not need unless the file of a route says so: REVOKE ALL ON % FROM %;',
            gateway_role, leftover.what, leftover.what, quote_ident(gateway_role);
    END LOOP;
    IF EXISTS (SELECT FROM pg_namespace AS n, aclexplode(n.nspacl) AS acl
               WHERE n.nspname = mes AND acl.grantee = 0 AND acl.privilege_type = 'CREATE') THEN
        RAISE WARNING 'Everybody may make tables and functions in schema "%", the gateway''s role too. Unless that is meant: '
            'REVOKE CREATE ON SCHEMA % FROM PUBLIC;', mes, quote_ident(mes);
    END IF;
END
$$;

