/** Between a device that pushes readings and a reader that pulls them. */
import { LinkLost } from '../../domain/errors.ts'
import type { Reading } from '../../domain/signal.ts'
import { PullQueue } from '../../runtime/pull-queue.ts'

/** For a reader that is this far behind the link ends with a fault: dropping readings would leave a gap that nobody sees. */
const READINGS_MAX = 10_000

/** For one writer and one reader; it ends with LinkLost, or without a fault. */
export class ReadingQueue extends PullQueue<Reading> {
  override push(reading: Reading): void {
    if (this.length < READINGS_MAX) super.push(reading)
    else this.end(new LinkLost(`${READINGS_MAX} readings wait to be taken`, { code: 'link-overrun' }))
  }
}
