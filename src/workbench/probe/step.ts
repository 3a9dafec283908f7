/** What was tried to find out whether a device can be read, in words for whoever stands at it. */

/** One thing that was tried. */
export interface ProbeStep {
  readonly step:
    | 'settings'
    | 'name'
    | 'network'
    | 'ping'
    | 'port'
    | 'serial'
    | 'unit'
    | 'server'
    | 'trust'
    | 'login'
    | 'topics'
  readonly verdict: 'good' | 'doubtful' | 'bad' | 'unknown'
  readonly said: string
  readonly hint?: string | undefined
}

export function step(
  name: ProbeStep['step'],
  verdict: ProbeStep['verdict'],
  said: string,
  hint?: string,
): ProbeStep {
  return { step: name, verdict, said, hint }
}

/** The worst of them; what is unknown says nothing. */
export function worstOf(steps: readonly ProbeStep[]): 'good' | 'doubtful' | 'bad' {
  if (steps.some(({ verdict }) => verdict === 'bad')) return 'bad'
  return steps.some(({ verdict }) => verdict === 'doubtful') ? 'doubtful' : 'good'
}
