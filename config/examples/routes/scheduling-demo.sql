-- Data for a trial with `millrace demo`: its work orders, its presses, and its operators.
SET search_path = scheduling;

INSERT INTO organizations (code, name) VALUES ('SAV', 'Savonnerie');
INSERT INTO plants (organization_id, code, name) VALUES (1, 'SAV-1', 'Plant 1');
INSERT INTO work_center_categories (name) VALUES ('Press'), ('CNC');
INSERT INTO work_centers (plant_id, category_id, code, name, machine_code) VALUES
    (1, 1, 'SAV100', 'Press', 'PRESS-07'),
    (1, 2, 'G1000', 'CNC', NULL);
INSERT INTO users (username, mes_user_id) SELECT 'operator-' || id, id FROM generate_series(1, 100) AS id;
INSERT INTO work_orders (plant_id, work_order_number, quantity) VALUES
    (1, 'WO-1001', 500), (1, 'WO-1002', 200), (1, 'WO-1003', 800);
INSERT INTO operations (work_order_id, operation_number, sequence, work_center_id, planned_minutes)
    SELECT id, work_order_number, 10, 1, quantity / 10 FROM work_orders;
