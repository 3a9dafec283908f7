/** What is wrong now, asked for once for the bar at the top and for the page of troubles. */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { TroublesOnWire } from '../../../src/api/troubles/shapes.ts'
import { type CallError, get } from '../api/client.ts'
import { isConnectionLost } from '../api/stream.ts'
import { asCallError, type Loaded } from '../api/use-loaded.ts'

const newest = signal<TroublesOnWire | undefined>(undefined)
const fault = signal<CallError | undefined>(undefined)

/** The newest answer. */
export function troublesNow(): Loaded<TroublesOnWire> {
  return { value: newest.value, fault: fault.value, isLoading: !newest.value, reload: ask }
}

/** Whether the gateway does not answer now, neither to a stream nor to a question. */
export function isGatewayAway(): boolean {
  return isConnectionLost() || fault.value?.status === 0
}

/** Asks again and again while the component is shown and the page can be seen. */
export function useTroubleWatch(everyMs: number): void {
  useEffect(() => {
    const askIfSeen = () => document.visibilityState === 'visible' && ask()
    askIfSeen()
    const timer = setInterval(askIfSeen, everyMs)
    document.addEventListener('visibilitychange', askIfSeen)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', askIfSeen)
    }
  }, [everyMs])
}

async function ask(): Promise<void> {
  try {
    newest.value = await get<TroublesOnWire>('/troubles')
    fault.value = undefined
  } catch (error) {
    fault.value = asCallError(error)
  }
}
