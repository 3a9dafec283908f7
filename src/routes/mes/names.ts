/** A name as SQL takes it, whatever stands in it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The MES tables that the gateway writes or looks codes up in, qualified: `search_path` is not relied on. */
export interface Tables {
  readonly statusHistory: string
  readonly downtimeEvents: string
  readonly machines: string
  readonly workOrders: string
  readonly plants: string
}

export function tablesIn(schema: string): Tables {
  const table = (name: string) => `${quoteName(schema)}.${name}`
  return {
    statusHistory: table('machine_status_history'),
    downtimeEvents: table('downtime_events'),
    machines: table('machines'),
    workOrders: table('work_orders'),
    plants: table('plants'),
  }
}
