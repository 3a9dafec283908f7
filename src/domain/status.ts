/** The seven statuses and five downtime categories of the central schema. */
const STATUSES = ['available', 'running', 'idle', 'down', 'setup', 'maintenance', 'decommissioned'] as const
export type Status = (typeof STATUSES)[number]

/** What a device map may derive: `decommissioned` is only ever set by people in the MES. */
export const DERIVED_STATUSES = ['available', 'running', 'idle', 'down', 'setup', 'maintenance'] as const
export type DerivedStatus = (typeof DERIVED_STATUSES)[number]

export const CATEGORIES = ['equipment', 'material', 'quality', 'setup', 'process'] as const
export type Category = (typeof CATEGORIES)[number]

/** Reasons that the gateway itself gives. */
export const NO_DATA = 'NO_DATA'
export const MICRO_STOP = 'MICRO_STOP'
export const UNASSIGNED = 'unassigned'
