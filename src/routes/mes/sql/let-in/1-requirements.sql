-- What the DBA runs once for each organization, and again after an update of the gateway; running it again does no harm.
-- In one transaction: whatever is missing, nothing is left half done.
--     millrace central sql --organization CODE | psql --set ON_ERROR_STOP=1 DATABASE
--
-- Run it as a superuser, or as the owner of the MES tables with CREATEROLE and with CREATE on the database.
--
-- It makes the gateway's own tables, and a login role that
--   * is bound to one organization by the server: whatever tenant a session sets, it reaches no other one's rows;
--   * may insert and update exactly the columns that the gateway writes, read those that it needs, and nothing else.
-- The role gets no password here. Give it one where nobody records it (psql: \password), or a client certificate.
-- What all of this is for, and how to take a gateway out again: docs/central.md

BEGIN;
-- First of all: from here on no function or operator that somebody has made elsewhere can be taken for the server's own.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
-- The names below are written in UTF-8, whatever the database or psql would take them for.
SET LOCAL client_encoding = 'UTF8';
-- Each table is locked for a moment. Behind somebody's long query the whole MES would queue up: rather give up, and try again later.
SET LOCAL lock_timeout = '10s';

SELECT set_config('edge_gateway.organization', {{organization}}, true) AS organization,
       set_config('edge_gateway.role', {{role}}, true) AS role,
       set_config('edge_gateway.mes_schema', {{schema}}, true) AS mes_schema,
       set_config('edge_gateway.existing_role', {{existing_role}}, true) AS existing_role;

-- Who may run this.
DO $$
DECLARE
    mes CONSTANT TEXT := current_setting('edge_gateway.mes_schema');
    me RECORD;
    made_by NAME;
    missing TEXT;
    foreign_tables TEXT;
BEGIN
    SELECT * INTO me FROM pg_roles WHERE rolname = current_user;
    -- Without a schema of the MES this is a database of its own, to which only routes of files write.
    IF mes <> '' AND NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = mes) THEN
        RAISE EXCEPTION 'There is no schema "%". Name that of the MES tables with --schema.', mes;
    END IF;
    SELECT string_agg(needed.name, ', ') INTO missing
    FROM (VALUES ('organizations'), {{needed_tables}}) AS needed (name)
    WHERE mes <> '' AND NOT EXISTS (
        SELECT FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = mes)
            AND relname = needed.name AND relkind IN ('r', 'p'));
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'Schema "%" has no table %. Is this the database of the MES? Another schema is named with --schema.',
            mes, missing;
    END IF;
    IF NOT (me.rolsuper OR me.rolcreaterole) THEN
        RAISE EXCEPTION 'Role "%" may not make roles. Run this as a superuser, or have one run: ALTER ROLE % CREATEROLE',
            current_user, quote_ident(current_user);
    END IF;
    SELECT string_agg(c.relname, ', ' ORDER BY c.relname) INTO foreign_tables
    FROM pg_class AS c
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = mes) AND c.relkind IN ('r', 'p')
        AND c.relname IN ('organizations', {{mes_tables}})
        AND NOT pg_has_role(c.relowner, 'USAGE');
    IF foreign_tables IS NOT NULL THEN
        RAISE EXCEPTION 'Role "%" does not own %. Run this as their owner, or as a superuser.', current_user, foreign_tables;
    END IF;
    SELECT o.rolname INTO made_by FROM pg_namespace AS n JOIN pg_roles AS o ON o.oid = n.nspowner WHERE n.nspname = 'edge_gateway';
    IF made_by IS NULL AND NOT has_database_privilege(current_database(), 'CREATE') THEN
        RAISE EXCEPTION 'Role "%" may not make the schema edge_gateway. Have a superuser run: GRANT CREATE ON DATABASE % TO %',
            current_user, quote_ident(current_database()), quote_ident(current_user);
    END IF;
END
$$;
