/** What a page asked the gateway for, while it comes and once it has. */
import { useEffect, useState } from 'preact/hooks'
import { CallError } from './client.ts'

export interface Loaded<Value> {
  /** The newest that came; undefined as long as none has. */
  readonly value: Value | undefined
  /** Why the latest question has no answer. */
  readonly fault: CallError | undefined
  readonly isLoading: boolean
  /** Asks again. */
  readonly reload: () => void
}

/**
 * Asks when the component is shown, and again when one of `depends` changes.
 * @param everyMs asks again and again, while the page can be seen
 */
export function useLoaded<Value>(
  ask: (signal: AbortSignal) => Promise<Value>,
  depends: readonly unknown[] = [],
  everyMs?: number,
): Loaded<Value> {
  const [state, setState] = useState<Omit<Loaded<Value>, 'reload'>>(LOADING)
  const [turn, setTurn] = useState(0)
  const reload = () => setTurn((before) => before + 1)

  useEffect(() => {
    const gone = new AbortController()
    setState((before) => ({ ...before, isLoading: true }))
    ask(gone.signal).then(
      (value) => !gone.signal.aborted && setState({ value, fault: undefined, isLoading: false }),
      (error: unknown) =>
        !gone.signal.aborted &&
        setState((before) => ({ ...before, fault: asCallError(error), isLoading: false })),
    )
    return () => gone.abort()
  }, [...depends, turn])

  useEffect(() => {
    if (everyMs === undefined) return undefined
    const timer = setInterval(() => document.visibilityState === 'visible' && reload(), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])

  return { ...state, reload }
}

const LOADING = { value: undefined, fault: undefined, isLoading: true }

/** An error of the page itself is shown as well, and stands in the browser's console. */
export function asCallError(error: unknown): CallError {
  if (error instanceof CallError) return error
  console.error(error)
  return new CallError(0, { what: error instanceof Error ? error.message : String(error) })
}
