-- What a role needs for the route "{{title}}", and nothing besides. Running it again does no harm; what an earlier version of the
-- route's file needed is not taken away: `millrace central check` names it.
--     millrace central sql --route FILE | psql --set ON_ERROR_STOP=1 DATABASE
--
-- Run it as whoever has run `millrace central sql` here and owns these tables and routines, or as a superuser; and again after
-- `millrace central sql`, which takes away what it does not know on the tables of the MES.

BEGIN;
-- First of all: from here on no function or operator that somebody has made elsewhere can be taken for the server's own.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
-- The names below are written in UTF-8, whatever the database or psql would take them for.
SET LOCAL client_encoding = 'UTF8';
-- Each table is locked for a moment. Behind somebody's long query everybody would queue up: rather give up, and try again later.
SET LOCAL lock_timeout = '10s';

SELECT set_config('edge_gateway.role', {{role}}, true) AS role;

DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    bound RECORD;
    t RECORD;
    target RECORD;
    full_name TEXT;
    view_name TEXT;
    there TEXT[];
    missing TEXT;
    own_rows TEXT;
    item RECORD;
    named BOOLEAN;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'edge_gateway') THEN
        RAISE EXCEPTION 'There is no schema edge_gateway: run what `millrace central sql` prints first.';
    END IF;
    -- Whoever may not read the binding would take every role for one that was never let in.
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'edge_gateway' AND pg_has_role(nspowner, 'USAGE')) THEN
        RAISE EXCEPTION 'Role "%" did not make the schema edge_gateway. Run this as a superuser, or as whoever has run `millrace central sql`.',
            current_user;
    END IF;
    SELECT organization_id, views INTO bound FROM edge_gateway.binding WHERE role_name = gateway_role;
    IF NOT FOUND OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = gateway_role) THEN
        RAISE EXCEPTION 'Role "%" was not let in here: run what `millrace central sql` prints for it first.', gateway_role;
    END IF;

    FOR t IN SELECT in_schema, name, readable, insertable, updatable FROM (VALUES
        -- Schema, table; columns that are read, inserted and updated.
        {{tables}}
    ) AS rights (in_schema, name, readable, insertable, updatable) WHERE name IS NOT NULL LOOP
        full_name := format('%I.%I', t.in_schema, t.name);
        SELECT c.oid, c.relkind, c.relrowsecurity, pg_has_role(c.relowner, 'USAGE') AS is_mine INTO target
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = t.in_schema AND c.relname = t.name AND c.relkind IN ('r', 'p', 'v', 'm', 'f');
        IF NOT FOUND THEN
            RAISE EXCEPTION 'There is no table %. Correct the route''s file, or create it first.', full_name;
        END IF;
        IF NOT target.is_mine THEN
            RAISE EXCEPTION 'Role "%" does not own %. Run this as its owner, or as a superuser.', current_user, full_name;
        END IF;
        there := ARRAY(SELECT attname::TEXT FROM pg_attribute
                       WHERE attrelid = target.oid AND attnum > 0 AND NOT attisdropped);
        SELECT string_agg(DISTINCT name, ', ') INTO missing
        FROM unnest(t.readable || t.insertable || t.updatable) AS name WHERE name <> ALL (there);
        IF missing IS NOT NULL THEN
            RAISE EXCEPTION 'Table % has no column %. Correct the route''s file, or add it first.', full_name, missing;
        END IF;

        -- A table of the MES without row-level security is reached through a view of the organization's rows, and never itself.
        view_name := format('edge_gateway.%I', t.name || '_' || bound.organization_id);
        IF t.name = ANY (bound.views) AND t.in_schema = {{mes_schema}} THEN
            SELECT string_agg(DISTINCT name, ', ') INTO missing
            FROM unnest(t.readable || t.insertable || t.updatable) AS name
            WHERE name NOT IN (SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(view_name) AND attnum > 0);
            IF missing IS NOT NULL THEN
                RAISE EXCEPTION 'Table % has no row-level security, and the view % through which the role reaches it lacks %. '
                    'Enable row-level security on the table, or take another column.', full_name, view_name, missing;
            END IF;
            full_name := view_name;
        ELSE
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', t.in_schema, gateway_role);
            IF '{organization_id}' <@ there AND bound.organization_id <> 0 THEN
                IF target.relrowsecurity THEN
                    -- The first lets the role in, whatever the site's own policies are; the second keeps it in its place.
                    own_rows := format('organization_id = %s', bound.organization_id);
                    IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = target.oid AND polname = gateway_role || '_bound') THEN
                        EXECUTE format('DROP POLICY IF EXISTS %I ON %s', gateway_role || '_route_in', full_name);
                        EXECUTE format('DROP POLICY IF EXISTS %I ON %s', gateway_role || '_route_bound', full_name);
                        EXECUTE format('CREATE POLICY %I ON %s TO %I USING (%s)',
                            gateway_role || '_route_in', full_name, gateway_role, own_rows);
                        EXECUTE format('CREATE POLICY %I ON %s AS RESTRICTIVE TO %I USING (%s) WITH CHECK (%s)',
                            gateway_role || '_route_bound', full_name, gateway_role, own_rows, own_rows);
                    END IF;
                ELSIF target.relkind IN ('r', 'p') THEN
                    RAISE WARNING 'Table % has an organization_id and no row-level security: the role can reach the rows of all organizations. '
                        'ALTER TABLE % ENABLE ROW LEVEL SECURITY; with policies for its other users, and run this again.', full_name, full_name;
                END IF;
            ELSIF target.relrowsecurity THEN
                SET LOCAL client_min_messages = notice;
                RAISE NOTICE 'Table % has row-level security: whether role "%" may do what it must is up to the policies of its owner.',
                    full_name, gateway_role;
                SET LOCAL client_min_messages = warning;
            END IF;
        END IF;

        FOR item IN SELECT privilege, columns FROM (VALUES
            ('SELECT', t.readable), ('INSERT', t.insertable), ('UPDATE', t.updatable)) AS given (privilege, columns)
            WHERE columns <> '{}' LOOP
            EXECUTE format('GRANT %s (%s) ON %s TO %I', item.privilege,
                (SELECT string_agg(quote_ident(name), ', ') FROM unnest(item.columns) AS name), full_name, gateway_role);
        END LOOP;
        IF t.insertable <> '{}' THEN
            -- Those that number its rows, in columns that the route leaves to their defaults.
            FOR item IN SELECT DISTINCT s.oid::REGCLASS AS name, n.nspname AS in_schema FROM pg_attrdef AS d
                JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                JOIN pg_depend AS uses ON uses.classid = 'pg_attrdef'::REGCLASS AND uses.objid = d.oid
                    AND uses.refclassid = 'pg_class'::REGCLASS
                JOIN pg_class AS s ON s.oid = uses.refobjid AND s.relkind = 'S'
                JOIN pg_namespace AS n ON n.oid = s.relnamespace
                WHERE d.adrelid = target.oid AND a.attname <> ALL (t.insertable) LOOP
                EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', item.in_schema, gateway_role);
                EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', item.name, gateway_role);
            END LOOP;
        END IF;
        -- Types of the site that values become.
        FOR item IN SELECT DISTINCT n.nspname AS in_schema FROM pg_attribute AS a
            JOIN pg_type AS y ON y.oid = a.atttypid JOIN pg_namespace AS n ON n.oid = y.typnamespace
            WHERE a.attrelid = target.oid AND a.attname = ANY (t.readable || t.insertable || t.updatable)
                AND n.nspname <> 'pg_catalog' LOOP
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', item.in_schema, gateway_role);
        END LOOP;
    END LOOP;

    FOR t IN SELECT in_schema, name, given FROM (VALUES
        -- Schema, routine; the arguments with which it is called.
        {{routines}}
    ) AS calls (in_schema, name, given) WHERE name IS NOT NULL LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', t.in_schema, gateway_role);
        named := false;
        FOR item IN SELECT p.oid::REGPROCEDURE AS name, p.prosecdef AS is_definer, p.proconfig AS settings FROM pg_proc AS p
            JOIN pg_namespace AS n ON n.oid = p.pronamespace
            WHERE n.nspname = t.in_schema AND p.proname = t.name AND p.prokind IN ('f', 'p')
                AND t.given <@ coalesce(p.proargnames, '{}') LOOP
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', item.name, gateway_role);
            named := true;
        END LOOP;
        IF NOT named THEN
            RAISE EXCEPTION 'There is no function or procedure %.% with the arguments %. Correct the route''s file, or create it first.',
                quote_ident(t.in_schema), quote_ident(t.name), array_to_string(t.given, ', ');
        END IF;
    END LOOP;
END
$$;

COMMIT;
