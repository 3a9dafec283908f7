/** What tells a phase apart, in words. */
import { shortNumber } from '../../domain/misread.ts'
import type { Feature } from './feature.ts'
import { type SignalUse, secondsText } from './signal-use.ts'

/** `state shows 3 (emergency_stop)`, `level lies above 5`. */
export function becauseText(feature: Feature, n: number, use?: SignalUse): string {
  const { tell, watched, states } = feature
  const shown = states[n] ?? []
  const name = use?.name ?? watched.track.name
  switch (tell.kind) {
    case 'values':
      return `${name} shows ${listed(shown.map((state) => named(state, use)))}`
    case 'bit':
      return `bit ${tell.bit} of ${watched.track.name} is ${shown[0] === 'true' ? 'on' : 'off'}`
    case 'limit':
      return `${name} lies ${shown[0] === 'true' ? 'above' : 'below'} ${tell.limit} (seen: nothing between ${shortNumber(tell.low)} and ${shortNumber(tell.high)})`
    case 'pulses':
      return shown[0] === 'pulsing'
        ? `${name} counts on, about every ${secondsText(tell.cycleMs)}`
        : `${name} stands`
    case 'light':
      return `${name} ${shown[0] === 'blink' ? 'blinks' : `is ${shown[0]}`}`
  }
}

function named(state: string, use: SignalUse | undefined): string {
  const names = use?.keys.names
  const word = typeof names === 'object' ? names[state] : undefined
  const plain = state === 'true' ? 'on' : state === 'false' ? 'off' : state
  return word === undefined ? plain : `${state} (${word})`
}

export function listed(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? 'nothing'
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
