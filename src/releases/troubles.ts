/** The codes of what can be wrong with releases of device maps and routes. Alerts are named by them. */
export const RELEASE_TROUBLES = {
  /** What was found there is not taken: not signed, older, damaged, or with faults. */
  refused: 'release-refused',
  /** Nobody knows whether there is a newer one. */
  unreachable: 'release-unreachable',
} as const
