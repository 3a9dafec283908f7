-- Data for a trial with `millrace demo`: its operators.
SET search_path = device_cloud;

INSERT INTO users (email, name, oauth_provider, oauth_id)
    SELECT 'operator-' || id || '@example.com', 'Operator ' || id, 'local', 'mes-' || id FROM generate_series(1, 100) AS id;
