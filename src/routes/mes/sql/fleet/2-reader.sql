
DO $$
DECLARE
    reader CONSTANT NAME := current_setting('edge_gateway.reader');
    code CONSTANT TEXT := current_setting('edge_gateway.organization');
    organization INTEGER;
BEGIN
    IF EXISTS (SELECT FROM edge_gateway.binding WHERE role_name = reader) THEN
        RAISE EXCEPTION 'Role "%" is that of a gateway, which sees its organization already. Name a role of people.', reader;
    END IF;
    IF code <> '' AND EXISTS (SELECT FROM edge_gateway.fleet_reader WHERE role_name = reader AND organization_id IS NULL) THEN
        RAISE EXCEPTION 'Role "%" sees the gateways of all organizations, so that one more or less changes nothing. '
            'Take that away first: without --organization, and with --remove.', reader;
    END IF;
    IF code <> '' THEN
        SELECT min(organization_id) INTO organization FROM edge_gateway.binding WHERE organization_code = code;
        IF organization IS NULL THEN
            RAISE EXCEPTION 'No gateway of an organization with the code "%" is let in here. '
                'What a role sees of all organizations is taken away without --organization.', code;
        END IF;
    END IF;
    DELETE FROM edge_gateway.fleet_reader WHERE role_name = reader
        AND (code = '' OR organization_id = organization);
    IF current_setting('edge_gateway.remove') <> 'yes' THEN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', reader);
        END IF;
        INSERT INTO edge_gateway.fleet_reader (role_name, organization_id) VALUES (reader, organization);
        EXECUTE format('GRANT USAGE ON SCHEMA edge_gateway TO %I', reader);
        EXECUTE format('GRANT SELECT ON edge_gateway.fleet TO %I', reader);
    ELSIF EXISTS (SELECT FROM pg_roles WHERE rolname = reader)
        AND NOT EXISTS (SELECT FROM edge_gateway.fleet_reader WHERE role_name = reader) THEN
        EXECUTE format('REVOKE ALL ON edge_gateway.fleet FROM %I', reader);
        EXECUTE format('REVOKE ALL ON SCHEMA edge_gateway FROM %I', reader);
    END IF;
END
$$;

