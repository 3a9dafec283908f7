-- Row-level security of the gateway's own tables. The policies that let a role in come with its binding, below.
DO $$
DECLARE
    own_table TEXT;
BEGIN
    FOREACH own_table IN ARRAY ARRAY[{{own_tables}}] LOOP
        EXECUTE format('ALTER TABLE edge_gateway.%I ENABLE ROW LEVEL SECURITY', own_table);
        EXECUTE format('ALTER TABLE edge_gateway.%I FORCE ROW LEVEL SECURITY', own_table);
        -- FORCE binds the owner as well, who must be able to look after them.
        EXECUTE format('DROP POLICY IF EXISTS administration ON edge_gateway.%I', own_table);
        EXECUTE format('CREATE POLICY administration ON edge_gateway.%I TO %I USING (true)', own_table, current_user);
    END LOOP;
    DROP POLICY IF EXISTS own_binding ON edge_gateway.binding;
    CREATE POLICY own_binding ON edge_gateway.binding FOR SELECT USING (role_name = current_user);
END
$$;
