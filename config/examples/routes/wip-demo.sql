-- Data for a trial with `millrace demo`: what its operator scans at PRESS-07. PALLET 17 is no part: its scans are refused.
SET search_path = wip;

INSERT INTO users (id, user_name) SELECT id, 'operator-' || id FROM generate_series(1, 100) AS id;
INSERT INTO parts (part_id, description) VALUES ('MAT-100', 'Coil, 1 mm'), ('MAT-200', 'Coil, 2 mm');
INSERT INTO locations (location, building) VALUES ('STORE', 'A'), ('PRESS-07', 'A');
INSERT INTO inventory (part_id, location, quantity)
    SELECT part_id, location, 10000 FROM parts CROSS JOIN locations;
INSERT INTO error_log (severity, method_name, error_message) VALUES
    ('error', 'usr_login', 'an error of the system itself, from before the gateway came');
