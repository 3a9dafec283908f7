/** The examples of a scanner's map, as they are scanned. */
import type { DocumentDraft } from '../../documents/draft.ts'
import { exampleSchema, LIST_MAX } from './station-schema.ts'

/** What is scanned, and what must come of it. */
interface Example {
  readonly scan: string
  readonly is: string
}

/** Faults are noted in the draft; of a list with a fault, nothing is given. */
export function compileExamples(draft: DocumentDraft): readonly Example[] {
  const written = draft.at(['examples'])
  if (written === undefined) return []
  if (!Array.isArray(written)) {
    draft.fault(['examples'], 'examples are a list', 'as in - {scan: "WO-4711", is: work_order}')
    return []
  }
  if (written.length > LIST_MAX.examples)
    draft.fault(['examples'], 'too many examples', `at most ${LIST_MAX.examples}`, 'key')
  const judged = [...written.slice(0, LIST_MAX.examples).keys()].map((index) =>
    draft.judge(['examples', index], exampleSchema),
  )
  const examples = judged.filter((example) => example !== undefined)
  return examples.length < judged.length
    ? []
    : examples.map(({ scan, is }) => ({ scan: withControls(scan), is }))
}

/** `<GS>` and the like, as manuals print what cannot be typed. */
function withControls(text: string): string {
  return text.replaceAll(/<([A-Z]{2,3})>/g, (written, name: string) => CONTROLS[name] ?? written)
}

const CONTROLS: Readonly<Record<string, string>> = {
  GS: '\x1d',
  RS: '\x1e',
  EOT: '\x04',
  FS: '\x1c',
  US: '\x1f',
  STX: '\x02',
  TAB: '\t',
}
