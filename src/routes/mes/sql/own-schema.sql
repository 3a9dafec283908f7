
DO $$
DECLARE
    i_am_superuser CONSTANT BOOLEAN := (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
    made_by NAME;
BEGIN
    -- Whoever owns a table may have put a trigger on it, which would run with the rights of whoever writes there.
    SELECT o.rolname INTO made_by
    FROM (SELECT nspowner AS owner FROM pg_namespace WHERE nspname = 'edge_gateway'
          UNION ALL
          SELECT c.relowner FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
          WHERE n.nspname = 'edge_gateway' AND c.relkind NOT IN ('v', 'i')
          UNION ALL
          SELECT p.proowner FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
          WHERE n.nspname = 'edge_gateway') AS found
    JOIN pg_roles AS o ON o.oid = found.owner
    WHERE o.rolname <> current_user AND NOT (o.rolsuper AND i_am_superuser)
    LIMIT 1;
    IF made_by IS NOT NULL THEN
        RAISE EXCEPTION 'The schema edge_gateway, or something in it, belongs to role "%". Run this as that role.', made_by;
    END IF;
END
$$;
