/** Why the beginning of a scan is no scan: its end did not come before the port was closed. */
import type { LinkLost } from '../domain/errors.ts'

/** Whose doing it was that the link ended. */
export const CUT_OFF = {
  lost: 'cut off when the link was lost',
  closed: 'cut off when the gateway closed the port, for an edited map or its own stop; scan it again',
} as const

/** @param fault what the link ended with; undefined: the gateway closed it */
export function whyCutOff(fault: LinkLost | undefined): string {
  return fault ? CUT_OFF.lost : CUT_OFF.closed
}
