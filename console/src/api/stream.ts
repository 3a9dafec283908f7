/** Server-sent events: the present state first, then what changes. A stream that breaks off is taken up again by itself. */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { addressOf, get, type Query } from './client.ts'

const AGAIN_FIRST_MS = 1_000
const AGAIN_MAX_MS = 15_000

/** The streams that are broken now. */
const broken = signal<ReadonlySet<symbol>>(new Set())

/** Whether what is shown may be old, since the gateway does not answer. */
export function isConnectionLost(): boolean {
  return broken.value.size > 0
}

/** Listens to a stream for as long as the component is shown; `path` undefined listens to none. */
export function useStream<Event>(
  path: string | undefined,
  take: (event: Event) => void,
  query: Query = {},
): void {
  const address = path === undefined ? undefined : addressOf(path, query)
  useEffect(() => (address === undefined ? undefined : stream(address, take)), [address])
}

/** Listens until the function that it returns is called. */
function stream<Event>(address: string, take: (event: Event) => void): () => void {
  const id = Symbol(address)
  let pauseMs = AGAIN_FIRST_MS
  let timer: ReturnType<typeof setTimeout> | undefined
  let source = open()

  function open(): EventSource {
    const opened = new EventSource(address)
    opened.onopen = () => {
      pauseMs = AGAIN_FIRST_MS
      markBroken(id, false)
    }
    opened.onmessage = ({ data }: MessageEvent<string>) => take(JSON.parse(data) as Event)
    opened.onerror = () => {
      opened.close()
      markBroken(id, true)
      askForSignIn()
      timer = setTimeout(() => {
        source = open()
      }, pauseMs)
      pauseMs = Math.min(AGAIN_MAX_MS, pauseMs * 2)
    }
    return opened
  }

  return () => {
    clearTimeout(timer)
    source.close()
    markBroken(id, false)
  }
}

/** An event source does not say why it ended. Where the session has, this call says so. */
function askForSignIn(): void {
  get('/session').catch(() => undefined)
}

function markBroken(id: symbol, isBroken: boolean): void {
  if (broken.peek().has(id) === isBroken) return
  const others = [...broken.peek()].filter((one) => one !== id)
  broken.value = new Set(isBroken ? [...others, id] : others)
}
