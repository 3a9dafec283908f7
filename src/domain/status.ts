/** The statuses and downtime categories of the central schema, and the reasons that the gateway itself gives. */
export const STATUSES = [
  'available',
  'running',
  'idle',
  'down',
  'setup',
  'maintenance',
  'decommissioned',
] as const
export type Status = (typeof STATUSES)[number]

/** What a device map may derive: `decommissioned` is only ever set by people in the MES. */
export const DERIVED_STATUSES = ['available', 'running', 'idle', 'down', 'setup', 'maintenance'] as const
export type DerivedStatus = (typeof DERIVED_STATUSES)[number]

export const CATEGORIES = ['equipment', 'material', 'quality', 'setup', 'process'] as const
export type Category = (typeof CATEGORIES)[number]

/** Reason of a marker row: nothing was seen. */
export const NO_DATA = 'NO_DATA'
/**
 * Why a machine that does not run is not meant to run: there is no shift, the shift has a break, or the machine has no work order
 * and needs one. Rows of that time say `available` with this reason.
 */
export const UNPLANNED = ['NO_SHIFT', 'BREAK', 'NO_ORDER'] as const
export type Unplanned = (typeof UNPLANNED)[number]

/** Reason of a stop that was too short to become a downtime. */
export const MICRO_STOP = 'MICRO_STOP'
/** Reason of a status that people have set in the MES. */
export const SET_IN_MES = 'SET_IN_MES'
/** Stands for the reason of a downtime where none is known. */
export const UNASSIGNED = 'unassigned'
