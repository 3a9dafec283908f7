/** The codes of what can be wrong with route files. Alerts are named by them; what is wrong with a destination is named after its route. */

/** A fault of a route file, or of their folder. */
export const ROUTE_FAULTS = 'route-faults'
/** The file of a route that must deliver was taken away, and it has not delivered yet what it owes. */
export const ROUTE_TAKEN_AWAY = 'route-taken-away'
