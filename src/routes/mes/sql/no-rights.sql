
-- Every right in this database that the role was given. What everybody may do in a schema of the MES would otherwise leave its tables
-- open to a session that goes on.
DO $$
DECLARE
    gateway_role CONSTANT NAME := current_setting('edge_gateway.role');
    role_id CONSTANT OID := (SELECT oid FROM pg_roles WHERE rolname = gateway_role);
    item RECORD;
BEGIN
    FOR item IN
        -- Rights on columns go with those on their table.
        SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, c.oid::REGCLASS::TEXT AS name FROM pg_class AS c
        WHERE EXISTS (SELECT FROM aclexplode(c.relacl) AS acl WHERE acl.grantee = role_id)
            OR EXISTS (SELECT FROM pg_attribute AS a, aclexplode(a.attacl) AS acl
                       WHERE a.attrelid = c.oid AND acl.grantee = role_id)
        UNION ALL
        -- Those that routes of files call.
        SELECT 'ROUTINE', p.oid::REGPROCEDURE::TEXT FROM pg_proc AS p
        WHERE EXISTS (SELECT FROM aclexplode(p.proacl) AS acl WHERE acl.grantee = role_id)
        UNION ALL
        SELECT 'SCHEMA', quote_ident(n.nspname) FROM pg_namespace AS n
        WHERE EXISTS (SELECT FROM aclexplode(n.nspacl) AS acl WHERE acl.grantee = role_id)
        UNION ALL
        SELECT 'DATABASE', quote_ident(d.datname) FROM pg_database AS d
        WHERE d.datname = current_database() AND EXISTS (SELECT FROM aclexplode(d.datacl) AS acl WHERE acl.grantee = role_id)
    LOOP
        BEGIN
            EXECUTE format('REVOKE ALL ON %s %s FROM %I', item.kind, item.name, gateway_role);
        EXCEPTION
            -- What somebody else gave must not keep the rest from being taken away.
            WHEN insufficient_privilege THEN
                RAISE WARNING 'Role "%" keeps its rights on %, which belongs to somebody else. Have its owner run: REVOKE ALL ON % % FROM %;',
                    gateway_role, item.name, item.kind, item.name, quote_ident(gateway_role);
        END;
    END LOOP;
END
$$;
