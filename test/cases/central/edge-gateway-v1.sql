-- What the DBA runs once for each organization, and again after an update of the gateway; running it again does no harm.
-- Run it as the owner of the MES tables, or as a superuser:
--     millrace central sql --organization CODE | psql --set ON_ERROR_STOP=1 DATABASE
--
-- It makes the gateway's own tables, and a login role that
--   * is bound to one organization by the server: whatever tenant a session sets, it reaches no other one's rows;
--   * may insert and update exactly the columns that the gateway writes, read those that it needs, and nothing else.
-- The role gets no password here. Give it one where nobody records it (psql: \password), or a client certificate.

BEGIN;
SET LOCAL client_min_messages = warning;

SELECT set_config('edge_gateway.organization', 'SAV', true) AS organization,
       set_config('edge_gateway.role', 'millrace_sav', true) AS role,
       set_config('edge_gateway.mes_schema', 'public', true) AS mes_schema;

CREATE SCHEMA IF NOT EXISTS edge_gateway;

-- Which organization a role belongs to. Nobody but the DBA writes here.
CREATE TABLE IF NOT EXISTS edge_gateway.binding (
    role_name NAME PRIMARY KEY,
    organization_id INTEGER NOT NULL,
    organization_code TEXT NOT NULL,
    schema_version INTEGER NOT NULL
);

-- How far each gateway's stream of events is applied. Moved in the same transaction as the rows.
CREATE TABLE IF NOT EXISTS edge_gateway.stream (
    organization_id INTEGER NOT NULL,
    gateway_id TEXT NOT NULL,
    incarnation UUID NOT NULL,
    epoch BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    last_hash BYTEA NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, gateway_id)
);

-- Events whose rows were refused for themselves. Retried; released when they have landed.
CREATE TABLE IF NOT EXISTS edge_gateway.quarantine (
    organization_id INTEGER NOT NULL,
    gateway_id TEXT NOT NULL,
    incarnation UUID NOT NULL,
    seq BIGINT NOT NULL,
    event JSONB NOT NULL,
    reason TEXT NOT NULL,
    sqlstate TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    released_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (organization_id, gateway_id, incarnation, seq)
);
CREATE INDEX IF NOT EXISTS quarantine_open ON edge_gateway.quarantine (organization_id, gateway_id, incarnation, seq)
    WHERE released_at IS NULL;

-- Fences, gaps, restores and adoptions, so that both sides learn of them.
CREATE TABLE IF NOT EXISTS edge_gateway.incident (
    organization_id INTEGER NOT NULL,
    gateway_id TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    kind TEXT NOT NULL,
    detail JSONB NOT NULL,
    PRIMARY KEY (organization_id, gateway_id, at)
);

-- For tables without row-level security (compressed hypertables): each role has triggers of its own that call this.
CREATE OR REPLACE FUNCTION edge_gateway.refuse_other_tenant() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'role % may only write rows of its own organization', current_user
        USING ERRCODE = 'insufficient_privilege';
END
$$;
REVOKE ALL ON FUNCTION edge_gateway.refuse_other_tenant() FROM PUBLIC;

-- The role.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = gateway_role) THEN
        EXECUTE format('CREATE ROLE %I LOGIN', gateway_role);
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = gateway_role
               AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)) THEN
        RAISE EXCEPTION 'Role "%" may do more than a gateway must. Name another one with --role.', gateway_role;
    END IF;
    IF EXISTS (SELECT FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = gateway_role)) THEN
        RAISE EXCEPTION 'Role "%" is a member of other roles. Name another one with --role.', gateway_role;
    END IF;
    -- Bounds on the server's side too, and a dead gateway's session ends within a minute.
    EXECUTE format('ALTER ROLE %I SET statement_timeout = ''60s''', gateway_role);
    EXECUTE format('ALTER ROLE %I SET lock_timeout = ''30s''', gateway_role);
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''60s''', gateway_role);
    EXECUTE format('ALTER ROLE %I SET tcp_keepalives_idle = 20', gateway_role);
    EXECUTE format('ALTER ROLE %I SET tcp_keepalives_interval = 10', gateway_role);
    EXECUTE format('ALTER ROLE %I SET tcp_keepalives_count = 3', gateway_role);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), gateway_role);
    EXECUTE format('GRANT USAGE ON SCHEMA edge_gateway, %I TO %I', current_setting('edge_gateway.mes_schema'), gateway_role);
END
$$;

-- Row-level security of the gateway's own tables. The policies that let a role in come with its binding, below.
DO $$
DECLARE
    own_table TEXT;
BEGIN
    FOREACH own_table IN ARRAY ARRAY['binding', 'stream', 'quarantine', 'incident'] LOOP
        EXECUTE format('ALTER TABLE edge_gateway.%I ENABLE ROW LEVEL SECURITY', own_table);
        EXECUTE format('ALTER TABLE edge_gateway.%I FORCE ROW LEVEL SECURITY', own_table);
        -- FORCE binds the owner as well, who must be able to look after them.
        EXECUTE format('DROP POLICY IF EXISTS administration ON edge_gateway.%I', own_table);
        EXECUTE format('CREATE POLICY administration ON edge_gateway.%I TO %I USING (true)', own_table, current_user);
    END LOOP;
    DROP POLICY IF EXISTS own_binding ON edge_gateway.binding;
    CREATE POLICY own_binding ON edge_gateway.binding FOR SELECT USING (role_name = current_user);
END
$$;

-- The binding: the organization's id is looked up now, by its code, and from then on stands in the policies.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    mes CONSTANT TEXT := current_setting('edge_gateway.mes_schema');
    code CONSTANT TEXT := current_setting('edge_gateway.organization');
    tenant INTEGER;
    bound_to INTEGER;
BEGIN
    EXECUTE format('SELECT id FROM %I.organizations WHERE code = $1', mes) INTO tenant USING code;
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'There is no organization with the code "%" in %.organizations.', code, mes;
    END IF;
    INSERT INTO edge_gateway.binding VALUES (gateway_role, tenant, code, 1)
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

-- Privileges and bounds, table by table. What a role had before on these tables is taken away first.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    mes CONSTANT TEXT := current_setting('edge_gateway.mes_schema');
    tenant CONSTANT INTEGER := current_setting('edge_gateway.tenant')::INTEGER;
    t RECORD;
    full_name TEXT;
    sequence_name TEXT;
    has_policies BOOLEAN;
BEGIN
    FOR t IN SELECT * FROM (VALUES
        ('edge_gateway', 'stream',
            'organization_id, gateway_id, incarnation, epoch, last_seq, last_hash, updated_at',
            'organization_id, gateway_id, incarnation, epoch, last_seq, last_hash',
            'incarnation, epoch, last_seq, last_hash, updated_at'),
        ('edge_gateway', 'quarantine',
            'organization_id, gateway_id, incarnation, seq, event, reason, sqlstate, created_at, released_at',
            'organization_id, gateway_id, incarnation, seq, event, reason, sqlstate',
            'reason, sqlstate, released_at'),
        ('edge_gateway', 'incident',
            'organization_id, gateway_id, at, kind, detail',
            'organization_id, gateway_id, kind, detail',
            NULL),
        (mes, 'plants', 'id, organization_id, name, code, is_active', NULL, NULL),
        (mes, 'users', 'id, organization_id, employee_code, is_active', NULL, NULL),
        (mes, 'user_plant_access', 'organization_id, user_id, plant_id, can_read, can_write', NULL, NULL),
        (mes, 'shifts',
            'id, organization_id, plant_id, name, start_time, end_time, break_duration_minutes, active_days, is_active',
            NULL, NULL),
        (mes, 'work_orders', 'id, organization_id, work_order_number, plant_id, status, sap_production_order', NULL, NULL),
        (mes, 'materials',
            'id, organization_id, material_code, sap_material_number, barcode_data, qr_code_data, is_active',
            NULL, NULL),
        (mes, 'shipments', 'id, organization_id, shipment_number, tracking_number, status', NULL, NULL),
        (mes, 'barcode_labels', 'id, organization_id, reference_type, reference_id, barcode_data', NULL, NULL),
        (mes, 'machines',
            'id, organization_id, plant_id, machine_code, name, status, current_work_order_id, is_active',
            NULL,
            'status, current_work_order_id, updated_at'),
        -- What was written may be read back: rows are found again by it, and audits compare it with the local log.
        (mes, 'machine_status_history',
            'organization_id, machine_id, changed_at, previous_status, new_status, duration_minutes, reason_code, work_order_id, notes',
            'organization_id, machine_id, changed_at, previous_status, new_status, duration_minutes, reason_code, work_order_id, notes',
            'duration_minutes, reason_code, work_order_id, notes'),
        (mes, 'downtime_events',
            'organization_id, machine_id, started_at, ended_at, duration_minutes, downtime_reason_code, downtime_category, work_order_id, notes',
            'organization_id, machine_id, started_at, ended_at, duration_minutes, downtime_reason_code, downtime_category, work_order_id, notes, reported_by',
            'ended_at, duration_minutes, downtime_reason_code, downtime_category, work_order_id, notes, resolved_by'),
        (mes, 'qr_code_scans',
            'organization_id, scanned_at, qr_code_data, scan_type, location, scanned_by',
            'organization_id, scanned_at, qr_code_data, scan_type, reference_type, reference_id, plant_id, scanned_by, location, notes',
            NULL)
    ) AS privileges (in_schema, name, readable, insertable, updatable) LOOP
        full_name := format('%I.%I', t.in_schema, t.name);

        EXECUTE format('REVOKE ALL ON %s FROM %I', full_name, gateway_role);
        EXECUTE format('GRANT SELECT (%s) ON %s TO %I', t.readable, full_name, gateway_role);
        IF t.insertable IS NOT NULL THEN
            EXECUTE format('GRANT INSERT (%s) ON %s TO %I', t.insertable, full_name, gateway_role);
            IF t.in_schema = mes THEN
                sequence_name := pg_get_serial_sequence(full_name, 'id');
                IF sequence_name IS NOT NULL THEN
                    EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', sequence_name, gateway_role);
                END IF;
            END IF;
        END IF;
        IF t.updatable IS NOT NULL THEN
            EXECUTE format('GRANT UPDATE (%s) ON %s TO %I', t.updatable, full_name, gateway_role);
        END IF;

        EXECUTE format('DROP POLICY IF EXISTS %I ON %s', gateway_role || '_allowed', full_name);
        EXECUTE format('DROP POLICY IF EXISTS %I ON %s', gateway_role || '_bound', full_name);
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', gateway_role || '_insert_bound', full_name);
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', gateway_role || '_update_bound', full_name);

        SELECT relrowsecurity INTO has_policies FROM pg_class WHERE oid = full_name::REGCLASS;
        IF has_policies THEN
            -- The first lets the role in, whatever the site's own policies are; the second keeps it in its place.
            EXECUTE format('CREATE POLICY %I ON %s TO %I USING (organization_id = %s)',
                gateway_role || '_allowed', full_name, gateway_role, tenant);
            EXECUTE format('CREATE POLICY %I ON %s AS RESTRICTIVE TO %I USING (organization_id = %s)',
                gateway_role || '_bound', full_name, gateway_role, tenant);
        ELSE
            IF t.insertable IS NOT NULL THEN
                EXECUTE format('CREATE TRIGGER %I BEFORE INSERT ON %s FOR EACH ROW '
                    'WHEN (current_user = %L AND new.organization_id IS DISTINCT FROM %s) '
                    'EXECUTE FUNCTION edge_gateway.refuse_other_tenant()',
                    gateway_role || '_insert_bound', full_name, gateway_role, tenant);
            END IF;
            IF t.updatable IS NOT NULL THEN
                EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %s FOR EACH ROW '
                    'WHEN (current_user = %L AND old.organization_id IS DISTINCT FROM %s) '
                    'EXECUTE FUNCTION edge_gateway.refuse_other_tenant()',
                    gateway_role || '_update_bound', full_name, gateway_role, tenant);
            END IF;
        END IF;
    END LOOP;
    EXECUTE format('GRANT SELECT ON edge_gateway.binding TO %I', gateway_role);
END
$$;

COMMIT;
