/** The contract of a place that releases come from. */
import type { NewRelease } from './install-release.ts'
import type { ReleaseNote } from './release-folder.ts'

/** One place, as `gateway.yaml` names it. */
export interface ReleaseSource {
  readonly kind: ReleaseNote['kind']
  /** As people name the place, without any login. */
  readonly from: string
  /**
   * Looks for another release than the one in force.
   * @returns undefined where there is none
   * @throws ReleaseRefused where what was found must not be taken; ReleaseUnreachable where nobody knows what is there
   */
  find(current: ReleaseNote | undefined, signal: AbortSignal): Promise<NewRelease | undefined>
}
