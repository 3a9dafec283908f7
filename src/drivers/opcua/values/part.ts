/**
 * Parts of a node's value: an element of a list, `[3]`, a field of a structure, `.ID`, or both, `[0].ID`. They stand behind the
 * node id. In an id that is a text the same letters may belong to the id itself, so such an id is split only where the server
 * has no node of the whole name.
 */

/** One step into a value. */
export type Step = { readonly index: readonly number[] } | { readonly field: string }

/** A node id that is a text, split in two. */
interface Split {
  readonly id: string
  readonly steps: readonly Step[]
}

/** Deeper structures are not looked into. */
const STEPS_MAX = 12

/** `[3]`, `[1,2]`, `.ID` or `."my field"`. */
const LAST_STEP = /(?:\[(\d{1,9}(?:,\d{1,9})*)\]|\.(?:"([^"]+)"|([^.[\]"]+)))$/

/** The steps that a text consists of; undefined where it is anything else. The empty text has none. */
export function readSteps(text: string): readonly Step[] | undefined {
  const [whole] = splitsOf(text, '').slice(-1)
  if (text === '') return []
  return whole?.id === '' ? whole.steps : undefined
}

/** The ways to split an id, the longest id first. An id is never shorter than `shortest`. */
export function splitsOf(text: string, shortest = ' '): readonly Split[] {
  const splits: Split[] = []
  let id = text
  let steps: readonly Step[] = []
  while (splits.length < STEPS_MAX) {
    const [step, index, quoted, plain] = LAST_STEP.exec(id) ?? []
    if (step === undefined || id.length - step.length < shortest.length) break
    id = id.slice(0, -step.length)
    steps = withFirst(index === undefined ? { field: quoted ?? plain ?? '' } : indexStep(index), steps)
    splits.push({ id, steps })
  }
  return splits
}

function indexStep(text: string): Step {
  return { index: text.split(',').map(Number) }
}

/** `[1][2]` is one step into a list of two dimensions, as `[1,2]` is. */
function withFirst(step: Step, [next, ...others]: readonly Step[]): readonly Step[] {
  if (!next) return [step]
  if ('index' in step && 'index' in next) return [{ index: [...step.index, ...next.index] }, ...others]
  return [step, next, ...others]
}

/** As it is written behind a node id. */
export function stepsText(steps: readonly Step[]): string {
  return steps.map((step) => ('index' in step ? `[${step.index.join(',')}]` : fieldText(step.field))).join('')
}

function fieldText(field: string): string {
  return /[.[\]]/.test(field) ? `."${field}"` : `.${field}`
}
