/** A small seeded generator (mulberry32): the same seed and stream give the same day on every machine. */
export type Random = () => number

/** Numbers from 0 up to, not including, 1. Each `stream` of one seed gives other numbers: every machine has its own. */
export function seededRandom(seed: number, stream: string): Random {
  let state = (seed ^ hash(stream)) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of these, each as likely as its weight. */
export function pickWeighted<T extends { readonly weight: number }>(
  choices: readonly T[],
  random: Random,
): T | undefined {
  const total = choices.reduce((sum, choice) => sum + choice.weight, 0)
  let left = random() * total
  for (const choice of choices) {
    left -= choice.weight
    if (left < 0) return choice
  }
  return choices.at(-1)
}

/** One of these, all equally likely; undefined only where there are none. */
export function pick<T>(choices: readonly T[], random: Random): T | undefined {
  return choices[Math.floor(random() * choices.length)]
}

/** FNV-1a over UTF-16 units: good enough to give each machine code a number of its own. */
function hash(text: string): number {
  let sum = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193)
  }
  return sum >>> 0
}
