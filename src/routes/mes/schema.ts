/** Names in the MES's schema, qualified, because `search_path` is not relied on. */
import { quoteName } from '../../postgres/names.ts'

/** The tables that the gateway looks things up in, and any other by its name. */
export interface MesSchema {
  readonly machines: string
  readonly workOrders: string
  readonly plants: string
  table(name: string): string
}

/** Which tables the role reaches through a view of its organization's rows only, as its binding says. */
interface ViewedTables {
  readonly organizationId: number
  readonly views: readonly string[]
}

/** @param schema the name of the schema, as it is configured */
export function mesSchema(schema: string, { organizationId, views }: ViewedTables): MesSchema {
  const table = (name: string) =>
    views.includes(name)
      ? `edge_gateway.${quoteName(`${name}_${organizationId}`)}`
      : `${quoteName(schema)}.${quoteName(name)}`
  return { machines: table('machines'), workOrders: table('work_orders'), plants: table('plants'), table }
}
