/** Some things at a time, because opening a log waits more than it computes. */

const AT_ONCE = 4

/** Does something with each number from `from` up to, not including, `to`. @returns what came of those that were not undefined, in order */
export async function forEachNumber<T>(
  { from, to }: { readonly from: number; readonly to: number },
  work: (number: number) => Promise<T | undefined>,
  atOnce = AT_ONCE,
): Promise<readonly T[]> {
  const results = new Map<number, T>()
  let next = from
  const worker = async () => {
    while (next < to) {
      const number = next
      next += 1
      const result = await work(number)
      if (result !== undefined) results.set(number, result)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result)
}
