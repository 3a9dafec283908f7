/** People who look at the pages, as the load of a benchmark: what their browsers ask for and listen to, without drawing it. */
import { answer } from '../child.ts'

interface Viewing {
  /** The console's address, without a path. */
  readonly url: string
  readonly viewers: number
  /** Below `/api/v1`: streams that each viewer listens to. */
  readonly streams: readonly string[]
  /** What each viewer asks for again and again. */
  readonly questions: readonly string[]
  readonly askEveryMs: number
}

let looking = new AbortController()
let events = 0
let faults: string[] = []

async function listen(url: string, signal: AbortSignal): Promise<void> {
  const { ok, status, body } = await fetch(url, { headers: { accept: 'text/event-stream' }, signal })
  if (!ok || !body) throw new Error(`${url} answered ${status}`)
  const decoder = new TextDecoder()
  for await (const chunk of body) events += decoder.decode(chunk, { stream: true }).split('\n\n').length - 1
}

async function ask(url: string, signal: AbortSignal): Promise<void> {
  const answered = await fetch(url, { signal })
  if (!answered.ok) throw new Error(`${url} answered ${answered.status}`)
  await answered.arrayBuffer()
}

function noteFault(error: unknown): void {
  if (!looking.signal.aborted) faults.push(String(error))
}

const answers = {
  begin: ({ url, viewers, streams, questions, askEveryMs }: Viewing): void => {
    looking = new AbortController()
    const { signal } = looking
    for (let viewer = 0; viewer < viewers; viewer += 1) {
      for (const path of streams) listen(`${url}/api/v1${path}`, signal).catch(noteFault)
      const askAll = () => {
        for (const path of questions) ask(`${url}/api/v1${path}`, signal).catch(noteFault)
      }
      askAll()
      const asking = setInterval(askAll, askEveryMs)
      signal.addEventListener('abort', () => clearInterval(asking), { once: true })
    }
  },
  /** @returns how many events came over all streams since the last time, and what went wrong */
  seen: (_: undefined): { events: number; faults: string[] } => {
    const seen = { events, faults }
    events = 0
    faults = []
    return seen
  },
  end: (_: undefined): void => looking.abort(),
}

export type Viewers = typeof answers

answer(answers)
