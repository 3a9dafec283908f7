-- Shuts a gateway out at once: its role can log in no more, and sessions that are open can do nothing and are ended. What it has
-- written, its stream and its binding stay, so that another device can take its place:
--     millrace central sql --organization CODE --role NAME --enrol 1h
-- Until then a gateway that still runs buffers.
--     millrace central sql --revoke --organization CODE | psql --set ON_ERROR_STOP=1 DATABASE
--
-- Run it as whoever let the role in.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
-- The names below are written in UTF-8, whatever the database or psql would take them for.
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = '10s';

SELECT set_config('edge_gateway.organization', {{organization}}, true) AS organization,
       set_config('edge_gateway.role', {{role}}, true) AS role;
