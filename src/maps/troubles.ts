/** The codes of what can be wrong with device maps. Alerts are named by them. */

/** A fault of a device map or of a profile. */
export const MAP_FAULTS = 'map-faults'
/** A map with which nothing could be read, so that the one before it is in force again. */
export const MAP_ROLLED_BACK = 'map-rolled-back'
