-- Takes one gateway role out again: what let it in, what bound it, its binding{{role_too}}.
-- What was written stays: the rows of the MES, and those in edge_gateway.
--     millrace central sql --remove --organization CODE | psql --set ON_ERROR_STOP=1 DATABASE
--
-- Run it as whoever let the role in. Stop its gateways before; what they have not delivered stays with them.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
-- The names below are written in UTF-8, whatever the database or psql would take them for.
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = '10s';

SELECT set_config('edge_gateway.organization', {{organization}}, true) AS organization,
       set_config('edge_gateway.role', {{role}}, true) AS role,
       set_config('edge_gateway.keep_role', {{keep_role}}, true) AS keep_role,
       set_config('edge_gateway.drop_schema', {{drop_schema}}, true) AS drop_schema;
