/** Something that a person asks of a device, and that changes nothing: whoever asks anew gets the newer answer, not the older one. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { CallError } from './client.ts'
import type { Action } from './use-action.ts'
import { asCallError } from './use-loaded.ts'

/** The gateway itself gives a device up after a minute, and says why: the page waits for that. */
export const DEVICE_WAIT_MAX_MS = 90_000

/**
 * Asked again while an answer is on its way, the older question is given up.
 * @param ask takes its answer only where its signal has not been aborted meanwhile
 */
export function useQuestion(ask: (signal: AbortSignal) => Promise<() => void>): Action<[]> {
  const [isBusy, setBusy] = useState(false)
  const [fault, setFault] = useState<CallError>()
  const newest = useRef<AbortController | undefined>(undefined)
  useEffect(() => () => newest.current?.abort(), [])
  const run = async (): Promise<void> => {
    newest.current?.abort()
    const gone = new AbortController()
    newest.current = gone
    setBusy(true)
    setFault(undefined)
    try {
      const take = await ask(gone.signal)
      if (!gone.signal.aborted) take()
    } catch (error) {
      if (!gone.signal.aborted) setFault(asCallError(error))
    } finally {
      if (!gone.signal.aborted) setBusy(false)
    }
  }
  return { run, isBusy, fault, clear: () => setFault(undefined) }
}
