/**
 * Errors without their stacks: a life makes hundreds of errors, each stack of which takes longer than all else about it, and nobody
 * reads one unless something is wrong. Then the life is lived again with stacks, since the same seed gives the same life.
 */
export async function withoutStacks<T>(work: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return await work()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Lives once without stacks, and again with them where something was wrong. */
export async function stacksWhereWrong<Report extends { readonly violation: string | undefined }>(
  live: () => Promise<Report>,
): Promise<Report> {
  const report = await withoutStacks(live)
  return report.violation === undefined ? report : await live()
}
