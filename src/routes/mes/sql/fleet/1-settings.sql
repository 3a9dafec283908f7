-- Lets people see the gateways of one organization, or of all of them, in the view edge_gateway.fleet, or no more. Nothing else: no
-- table, and nothing of the MES. It may be run again.
--     millrace central sql --fleet-reader ROLE [--organization CODE] [--remove] | psql --set ON_ERROR_STOP=1 DATABASE
--
-- Run it as whoever let the gateways in. A role that is not there is made as a group without a login: GRANT it to people.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL client_min_messages = warning;
-- The names below are written in UTF-8, whatever the database or psql would take them for.
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = '10s';

-- No organization: all of them.
SELECT set_config('edge_gateway.reader', {{reader}}, true) AS reader,
       set_config('edge_gateway.organization', {{organization}}, true) AS organization,
       set_config('edge_gateway.remove', {{remove}}, true) AS remove;

DO $$
BEGIN
    IF to_regclass('edge_gateway.fleet') IS NULL THEN
        RAISE EXCEPTION 'There is no view edge_gateway.fleet: run what "millrace central sql --organization CODE" prints first.';
    END IF;
END
$$;
