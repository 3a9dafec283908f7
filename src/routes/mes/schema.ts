/** Names in the MES's schema, qualified, because `search_path` is not relied on. */

/** Quotes a name for SQL, whatever characters are in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The tables that the gateway looks things up in, and any other by its name. */
export interface MesSchema {
  readonly machines: string
  readonly workOrders: string
  readonly plants: string
  table(name: string): string
}

/** @param schema the name of the schema, as it is configured */
export function mesSchema(schema: string): MesSchema {
  const table = (name: string) => `${quoteName(schema)}.${quoteName(name)}`
  return { machines: table('machines'), workOrders: table('work_orders'), plants: table('plants'), table }
}
