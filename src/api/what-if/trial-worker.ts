/** A thread that tries one map, answers, and ends: whoever waits for it no longer ends it. */
import { parentPort, workerData } from 'node:worker_threads'
import { StoreError } from '../../domain/errors.ts'
import { createDrivers } from '../../drivers/index.ts'
import { BRAND_TONES } from '../../scanners/brands.ts'
import { createScanners } from '../../scanners/index.ts'
import { whatIfOnWire } from './on-wire.ts'
import type { TrialAnswer } from './trial.ts'
import { type TriedMap, tryMap } from './tried-map.ts'

const hardware = {
  drivers: createDrivers().all,
  transports: createScanners().all,
  brands: BRAND_TONES,
}

/** What an error is does not come through to another thread. */
function answer(): TrialAnswer {
  try {
    const outcome = tryMap(workerData as TriedMap, hardware)
    return outcome.kind === 'compared' ? { kind: 'compared', result: whatIfOnWire(outcome.result) } : outcome
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    const { code, message, hint } = error
    return { kind: 'unreadable', code, message, ...(hint === undefined ? {} : { hint }) }
  }
}

parentPort?.postMessage(answer())
