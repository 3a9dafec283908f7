/** What is being started, step by step, with the time that it takes. */
import { cut, type Screen } from './screen.ts'

/** Disposing it ends the step under way without a word. */
interface Steps extends Disposable {
  /** Ends the step before, and begins another. */
  begin(what: string): void
  /** The last step is over. */
  end(): void
}

const REDRAW_EVERY_MS = 250
/** Room for ` 120 s`. */
const AGE_COLUMNS = 6
const LINE_START = '\r'
const CLEAR_LINE = '\u001b[K'

/**
 * On a terminal a step's line counts the seconds while it lasts; elsewhere it is written when the step begins.
 * @param signal from its abort on nothing more is written: whoever aborts has the word
 */
export function startSteps(
  screen: Pick<Screen, 'out' | 'redraws' | 'columns'>,
  count: number,
  signal?: AbortSignal,
): Steps {
  const { redraws, columns } = screen
  const room = { columns: columns && columns - AGE_COLUMNS }
  const out = (text: string) => {
    if (!signal?.aborted) screen.out(text)
  }
  let number = 0
  let redrawing: NodeJS.Timeout | undefined
  let endLine = () => {}
  const end = () => {
    clearInterval(redrawing)
    redrawing = undefined
    endLine()
    endLine = () => {}
  }
  return {
    begin: (what) => {
      end()
      number += 1
      const begunMs = performance.now()
      const head = cut(`  ${number} of ${count}  ${what} ...`, room)
      const line = () => `${head} ${seconds(performance.now() - begunMs)}`
      if (!redraws) return out(`${head}\n`)
      const draw = () => out(`${LINE_START}${line()}${CLEAR_LINE}`)
      draw()
      redrawing = setInterval(draw, REDRAW_EVERY_MS)
      endLine = () => out(`${LINE_START}${line()}${CLEAR_LINE}\n`)
    },
    end,
    [Symbol.dispose]: () => {
      clearInterval(redrawing)
      if (redrawing) out('\n')
    },
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(0)} s`
}
