-- The tables of a work-in-process system that the route wip.yaml needs, in a schema of their own, and the function by which
-- transactions are booked. The system lets nobody write its tables by hand: everything goes through such functions.
CREATE SCHEMA wip;
SET search_path = wip;

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    user_name VARCHAR(100) UNIQUE NOT NULL
);

CREATE TABLE parts (
    part_id VARCHAR(100) PRIMARY KEY,
    description VARCHAR(255) NOT NULL,
    item_type VARCHAR(50) NOT NULL DEFAULT 'WIP',
    is_active BOOLEAN NOT NULL DEFAULT TRUE
);

CREATE TABLE locations (
    location VARCHAR(100) PRIMARY KEY,
    building VARCHAR(50)
);

CREATE TABLE inventory (
    id SERIAL PRIMARY KEY,
    part_id VARCHAR(100) NOT NULL REFERENCES parts(part_id),
    location VARCHAR(100) NOT NULL REFERENCES locations(location),
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    last_updated TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    UNIQUE (part_id, location)
);

CREATE TABLE transactions (
    id BIGSERIAL PRIMARY KEY,
    scan_id UUID UNIQUE NOT NULL,
    transaction_type VARCHAR(10) NOT NULL CHECK (transaction_type IN ('IN', 'OUT', 'TRANSFER')),
    part_id VARCHAR(100) NOT NULL REFERENCES parts(part_id),
    location VARCHAR(100) NOT NULL REFERENCES locations(location),
    operation VARCHAR(100),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    user_id INTEGER NOT NULL REFERENCES users(id),
    received_at TIMESTAMP WITH TIME ZONE NOT NULL
);
CREATE INDEX idx_transactions_part ON transactions (part_id, received_at);

CREATE TABLE error_log (
    id BIGSERIAL PRIMARY KEY,
    severity VARCHAR(20) NOT NULL,
    method_name VARCHAR(255) NOT NULL,
    error_message TEXT NOT NULL,
    logged_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
);

-- Books one transaction. p_status: 0 booked, 1 bad input, -1 the system could not. Whatever is wrong is in the error log too.
CREATE FUNCTION inv_transaction_add(
    p_scan_id UUID,
    p_transaction_type VARCHAR,
    p_part_id VARCHAR,
    p_location VARCHAR,
    p_operation VARCHAR,
    p_quantity INTEGER,
    p_user INTEGER,
    p_received_at TIMESTAMP WITH TIME ZONE,
    OUT p_status INTEGER,
    OUT p_error_msg VARCHAR
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = wip, pg_temp AS $$
DECLARE
    change INTEGER := CASE p_transaction_type WHEN 'IN' THEN p_quantity WHEN 'OUT' THEN -p_quantity END;
BEGIN
    p_status := 1;
    IF change IS NULL THEN
        p_error_msg := format('transactions of the type %s need another function', p_transaction_type);
    ELSIF NOT EXISTS (SELECT FROM users WHERE id = p_user) THEN
        p_error_msg := format('there is no user %s', p_user);
    ELSIF NOT EXISTS (SELECT FROM parts WHERE part_id = p_part_id) THEN
        p_error_msg := format('there is no part %s', p_part_id);
    ELSIF NOT (SELECT is_active FROM parts WHERE part_id = p_part_id) THEN
        p_error_msg := format('part %s is not active', p_part_id);
    ELSIF NOT EXISTS (SELECT FROM locations WHERE location = p_location) THEN
        p_error_msg := format('there is no location %s', p_location);
    ELSE
        UPDATE inventory SET quantity = quantity + change, last_updated = now()
            WHERE part_id = p_part_id AND location = p_location AND quantity + change >= 0;
        IF NOT FOUND THEN
            p_error_msg := format('%s has not %s of part %s', p_location, p_quantity, p_part_id);
        ELSE
            INSERT INTO transactions
                (scan_id, transaction_type, part_id, location, operation, quantity, user_id, received_at)
                VALUES (p_scan_id, p_transaction_type, p_part_id, p_location, p_operation, p_quantity, p_user, p_received_at);
            p_status := 0;
            p_error_msg := 'booked';
            RETURN;
        END IF;
    END IF;
    INSERT INTO error_log (severity, method_name, error_message)
        VALUES ('warning', 'inv_transaction_add', p_error_msg);
EXCEPTION WHEN integrity_constraint_violation THEN
    p_status := -1;
    p_error_msg := SQLERRM;
END $$;
REVOKE ALL ON FUNCTION inv_transaction_add FROM PUBLIC;
