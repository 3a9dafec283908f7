/** What happened on the link to one device, in numbers: for whoever compares devices, or a day with another. */
import type { DeviceCounts } from '../domain/health.ts'
import { DurationTally } from '../runtime/duration-tally.ts'

/** A poll that begins within a few ms of its moment is on time; beyond seconds, polls are left out instead. */
const LATENESS_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 5_000]

/** Those of one device. Counting costs a poll next to nothing. */
export class LinkCounts {
  #readings = 0
  #linkChanges = 0
  #failures = 0
  #badValues = 0
  #skippedPolls = 0
  #oversleptPolls = 0
  readonly #lateness = new DurationTally(LATENESS_BOUNDS_MS)

  /** A reading has come, with so many values that are not good. */
  read(badValues: number): void {
    this.#readings += 1
    this.#badValues += badValues
  }

  /** The link came up, or was lost. */
  changed(): void {
    this.#linkChanges += 1
  }

  /** An attempt to make contact or to read has ended without an answer. */
  failed(): void {
    this.#failures += 1
  }

  /** A poll begins so late, with so many left out before it because the device was too slow. */
  polled(lateMs: number, skipped: number): void {
    this.#lateness.add(lateMs)
    this.#skippedPolls += skipped
  }

  /** So many polls were left out because the gateway itself came too late. */
  overslept(polls: number): void {
    this.#oversleptPolls += polls
  }

  get soFar(): DeviceCounts {
    return {
      readings: this.#readings,
      linkChanges: this.#linkChanges,
      failures: this.#failures,
      badValues: this.#badValues,
      skippedPolls: this.#skippedPolls,
      oversleptPolls: this.#oversleptPolls,
      pollLateness: this.#lateness.soFar,
    }
  }
}
