-- The MES schema that the gateway feeds, as it runs on a plain PostgreSQL 15 or later (shape A: ordinary tables with
-- row-level security). Tables that the gateway neither reads nor writes are here only where a foreign key needs them.
--
-- Two things differ from the document it was made from, so that isolation holds at all: an unset
-- tenant reads as NULL (no rows) instead of failing, and the tables' owner is subject to the policies as well.

CREATE TABLE organizations (
    id SERIAL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    code VARCHAR(50) UNIQUE NOT NULL,
    industry VARCHAR(100),
    address TEXT,
    contact_email VARCHAR(255),
    contact_phone VARCHAR(50),
    is_active BOOLEAN DEFAULT TRUE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE
);

CREATE TABLE users (
    id SERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    email VARCHAR(255) UNIQUE NOT NULL,
    username VARCHAR(100) UNIQUE NOT NULL,
    hashed_password VARCHAR(255) NOT NULL,
    full_name VARCHAR(255),
    employee_code VARCHAR(50),
    phone VARCHAR(50),
    is_active BOOLEAN DEFAULT TRUE,
    is_superuser BOOLEAN DEFAULT FALSE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE
);
CREATE INDEX idx_users_email ON users(email) WHERE is_active = TRUE;
CREATE INDEX idx_users_employee_code ON users(employee_code);

CREATE TABLE plants (
    id SERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    name VARCHAR(255) NOT NULL,
    code VARCHAR(50) NOT NULL,
    plant_type VARCHAR(50) NOT NULL,
    address TEXT,
    manager_user_id INTEGER REFERENCES users(id),
    is_active BOOLEAN DEFAULT TRUE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE,
    UNIQUE(organization_id, code)
);
CREATE INDEX idx_plants_org ON plants(organization_id);
CREATE INDEX idx_plants_type ON plants(plant_type) WHERE is_active = TRUE;

CREATE TABLE user_plant_access (
    id SERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    user_id INTEGER NOT NULL REFERENCES users(id),
    plant_id INTEGER NOT NULL REFERENCES plants(id),
    can_read BOOLEAN DEFAULT TRUE,
    can_write BOOLEAN DEFAULT FALSE,
    can_delete BOOLEAN DEFAULT FALSE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    UNIQUE(user_id, plant_id)
);
CREATE INDEX idx_user_plant_access_user ON user_plant_access(user_id);
CREATE INDEX idx_user_plant_access_plant ON user_plant_access(plant_id);

CREATE TABLE projects (
    id SERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    project_number VARCHAR(100) UNIQUE NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    customer_name VARCHAR(255),
    customer_code VARCHAR(100),
    sap_sales_order VARCHAR(100),
    project_manager_id INTEGER REFERENCES users(id),
    primary_plant_id INTEGER REFERENCES plants(id),
    status VARCHAR(50) NOT NULL DEFAULT 'draft',
    priority VARCHAR(50) DEFAULT 'medium',
    start_date DATE,
    planned_end_date DATE,
    actual_end_date DATE,
    budget DECIMAL(15, 2),
    actual_cost DECIMAL(15, 2),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE
);
CREATE INDEX idx_projects_status ON projects(status);
CREATE INDEX idx_projects_sap_so ON projects(sap_sales_order);
CREATE INDEX idx_projects_plant ON projects(primary_plant_id);
CREATE INDEX idx_projects_manager ON projects(project_manager_id);

CREATE TABLE work_orders (
    id SERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    work_order_number VARCHAR(100) UNIQUE NOT NULL,
    project_id INTEGER NOT NULL REFERENCES projects(id),
    plant_id INTEGER NOT NULL REFERENCES plants(id),
    department_id INTEGER,
    operation_type VARCHAR(100) NOT NULL,
    description TEXT,
    quantity_ordered INTEGER NOT NULL,
    quantity_completed INTEGER DEFAULT 0,
    status VARCHAR(50) NOT NULL DEFAULT 'planned',
    priority VARCHAR(50) DEFAULT 'medium',
    planned_start_date DATE,
    planned_end_date DATE,
    actual_start_date DATE,
    actual_end_date DATE,
    sap_production_order VARCHAR(100),
    assigned_to INTEGER REFERENCES users(id),
    created_by INTEGER NOT NULL REFERENCES users(id),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE
);
CREATE INDEX idx_work_orders_status ON work_orders(status);
CREATE INDEX idx_work_orders_plant ON work_orders(plant_id);
CREATE INDEX idx_work_orders_project ON work_orders(project_id);
CREATE INDEX idx_work_orders_sap ON work_orders(sap_production_order);

CREATE TABLE materials (
    id SERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    material_code VARCHAR(100) UNIQUE NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    category_id INTEGER,
    unit_of_measure VARCHAR(50) NOT NULL,
    standard_cost DECIMAL(15, 2),
    sap_material_number VARCHAR(100),
    barcode_data VARCHAR(255),
    qr_code_data TEXT,
    minimum_stock_level INTEGER,
    maximum_stock_level INTEGER,
    reorder_point INTEGER,
    lead_time_days INTEGER,
    is_active BOOLEAN DEFAULT TRUE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE
);
CREATE INDEX idx_materials_barcode ON materials(barcode_data);
CREATE INDEX idx_materials_qr ON materials(qr_code_data);
CREATE INDEX idx_materials_sap ON materials(sap_material_number);
CREATE INDEX idx_materials_category ON materials(category_id) WHERE is_active = TRUE;

CREATE TABLE shipments (
    id SERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    shipment_number VARCHAR(100) UNIQUE NOT NULL,
    project_id INTEGER REFERENCES projects(id),
    from_plant_id INTEGER REFERENCES plants(id),
    to_location VARCHAR(255),
    shipment_type VARCHAR(50),
    status VARCHAR(50) NOT NULL DEFAULT 'pending',
    carrier VARCHAR(255),
    tracking_number VARCHAR(255),
    planned_shipment_date DATE,
    actual_shipment_date DATE,
    planned_delivery_date DATE,
    actual_delivery_date DATE,
    created_by INTEGER NOT NULL REFERENCES users(id),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE
);
CREATE INDEX idx_shipments_status ON shipments(status);
CREATE INDEX idx_shipments_project ON shipments(project_id);
CREATE INDEX idx_shipments_tracking ON shipments(tracking_number);

CREATE TABLE barcode_labels (
    id SERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    label_type VARCHAR(50) NOT NULL,
    reference_type VARCHAR(50) NOT NULL,
    reference_id INTEGER NOT NULL,
    barcode_format VARCHAR(50),
    barcode_data VARCHAR(255) NOT NULL,
    file_path VARCHAR(500),
    generated_by INTEGER NOT NULL REFERENCES users(id),
    generated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW()
);
CREATE INDEX idx_barcode_labels_data ON barcode_labels(barcode_data);
CREATE INDEX idx_barcode_labels_reference ON barcode_labels(reference_type, reference_id);

CREATE TABLE qr_code_scans (
    id BIGSERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    qr_code_data TEXT NOT NULL,
    scan_type VARCHAR(50) NOT NULL,
    reference_type VARCHAR(50),
    reference_id INTEGER,
    plant_id INTEGER REFERENCES plants(id),
    scanned_by INTEGER NOT NULL REFERENCES users(id),
    scanned_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    location VARCHAR(255),
    notes TEXT
);
CREATE INDEX idx_qr_code_scans_data ON qr_code_scans(qr_code_data);
CREATE INDEX idx_qr_code_scans_scanned_at ON qr_code_scans(scanned_at DESC);
CREATE INDEX idx_qr_code_scans_reference ON qr_code_scans(reference_type, reference_id);

CREATE TABLE shifts (
    id SERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    plant_id INTEGER NOT NULL REFERENCES plants(id),
    name VARCHAR(100) NOT NULL,
    start_time TIME NOT NULL,
    end_time TIME NOT NULL,
    break_duration_minutes INTEGER DEFAULT 30,
    active_days VARCHAR(50)[],
    production_target_units INTEGER,
    oee_target_percent DECIMAL(5,2),
    is_active BOOLEAN DEFAULT TRUE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE,
    UNIQUE(organization_id, plant_id, name)
);
CREATE INDEX idx_shifts_plant ON shifts(plant_id);

CREATE TABLE machines (
    id SERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    plant_id INTEGER NOT NULL REFERENCES plants(id),
    machine_code VARCHAR(50) NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    machine_type VARCHAR(100),
    capacity_units_per_hour DECIMAL(10,2),
    status VARCHAR(50) DEFAULT 'available',
    current_work_order_id INTEGER REFERENCES work_orders(id),
    last_maintenance_date DATE,
    next_maintenance_due DATE,
    installation_date DATE,
    manufacturer VARCHAR(255),
    model_number VARCHAR(100),
    serial_number VARCHAR(100),
    purchase_cost DECIMAL(12,2),
    location VARCHAR(255),
    is_active BOOLEAN DEFAULT TRUE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE,
    UNIQUE(organization_id, machine_code)
);
CREATE INDEX idx_machines_plant ON machines(plant_id);
CREATE INDEX idx_machines_status ON machines(status);
CREATE INDEX idx_machines_next_maintenance ON machines(next_maintenance_due) WHERE is_active = TRUE;

CREATE TABLE machine_status_history (
    id BIGSERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    machine_id INTEGER NOT NULL REFERENCES machines(id),
    previous_status VARCHAR(50),
    new_status VARCHAR(50) NOT NULL,
    work_order_id INTEGER REFERENCES work_orders(id),
    reason_code VARCHAR(100),
    notes TEXT,
    changed_by INTEGER REFERENCES users(id),
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    duration_minutes INTEGER
);
CREATE INDEX idx_machine_status_history_machine ON machine_status_history(machine_id, changed_at DESC);
CREATE INDEX idx_machine_status_history_status ON machine_status_history(new_status);

CREATE TABLE downtime_events (
    id BIGSERIAL PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations(id),
    machine_id INTEGER NOT NULL REFERENCES machines(id),
    work_order_id INTEGER REFERENCES work_orders(id),
    downtime_reason_code VARCHAR(100) NOT NULL,
    downtime_category VARCHAR(50),
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    duration_minutes INTEGER,
    notes TEXT,
    resolution_notes TEXT,
    reported_by INTEGER REFERENCES users(id),
    resolved_by INTEGER REFERENCES users(id),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW()
);
CREATE INDEX idx_downtime_events_machine ON downtime_events(machine_id, started_at DESC);
CREATE INDEX idx_downtime_events_reason ON downtime_events(downtime_reason_code);
CREATE INDEX idx_downtime_events_category ON downtime_events(downtime_category);

-- Tenant isolation. `organizations` is global, as in the document.
DO $$
DECLARE
    tenant_table TEXT;
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY[
        'users',
        'plants',
        'user_plant_access',
        'projects',
        'work_orders',
        'materials',
        'shipments',
        'barcode_labels',
        'qr_code_scans',
        'shifts',
        'machines',
        'machine_status_history',
        'downtime_events'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format(
            $policy$
                CREATE POLICY %I ON %I USING (
                    organization_id = nullif(current_setting('app.current_organization_id', true), '')::INTEGER)
            $policy$,
            tenant_table || '_tenant_isolation', tenant_table);
    END LOOP;
END
$$;
