/** Something that a person sets off: it runs once at a time, and says why it failed. */
import { useState } from 'preact/hooks'
import type { CallError } from './client.ts'
import { asCallError } from './use-loaded.ts'

export interface Action<Args extends readonly unknown[]> {
  readonly run: (...args: Args) => Promise<void>
  readonly isBusy: boolean
  readonly fault: CallError | undefined
  /** Forgets the fault, as when a dialog is opened again. */
  readonly clear: () => void
}

export function useAction<Args extends readonly unknown[]>(
  act: (...args: Args) => Promise<unknown>,
): Action<Args> {
  const [isBusy, setBusy] = useState(false)
  const [fault, setFault] = useState<CallError>()
  const run = async (...args: Args): Promise<void> => {
    if (isBusy) return
    setBusy(true)
    setFault(undefined)
    try {
      await act(...args)
    } catch (error) {
      setFault(asCallError(error))
    } finally {
      setBusy(false)
    }
  }
  return { run, isBusy, fault, clear: () => setFault(undefined) }
}
