/** The words that may stand at the cursor: asked for while somebody types a word, and by Ctrl+Space. */
import { useRef, useState } from 'preact/hooks'
import type { Completions } from '../../../../src/api/maps/shapes.ts'
import { post } from '../../api/client.ts'
import { placeAt, type TextPlace, typeInto } from './caret.ts'

/** Words that are offered now. */
export interface Offer {
  readonly words: Completions['words']
  readonly chosen: number
  /** Where the word begins that is typed. */
  readonly at: TextPlace
}

export interface Completing {
  readonly offer: Offer | undefined
  /** Asks for the words at the cursor. @param delayMs while somebody types on, only the last question counts */
  readonly ask: (area: HTMLTextAreaElement, delayMs: number) => void
  readonly close: () => void
  readonly choose: (step: number) => void
  /** Types the word that is chosen, or the one of this number. */
  readonly take: (area: HTMLTextAreaElement, which?: number) => void
}

export function useCompletion(file: string): Completing {
  const [offer, setOffer] = useState<Offer>()
  const asking = useRef<{ readonly gone: AbortController; readonly timer: number }>(undefined)
  const stop = () => {
    asking.current?.gone.abort()
    clearTimeout(asking.current?.timer)
  }
  const close = () => {
    stop()
    setOffer(undefined)
  }
  const ask = (area: HTMLTextAreaElement, delayMs: number) => {
    stop()
    const gone = new AbortController()
    const timer = setTimeout(() => {
      const { value: text, selectionStart } = area
      const { line, column } = placeAt(text, selectionStart)
      post<Completions>('/maps/complete', { file, text, line, column }, gone.signal).then(
        ({ from, words }) => {
          const isStill = area.value === text && area.selectionStart === selectionStart
          const isTyped =
            words.length === 1 &&
            words[0]?.label === text.slice(selectionStart - column + from, selectionStart)
          if (gone.signal.aborted || !isStill) return
          setOffer(
            words.length === 0 || isTyped ? undefined : { words, chosen: 0, at: { line, column: from } },
          )
        },
        // What cannot be offered is typed; a lost connection is said above the page.
        () => undefined,
      )
    }, delayMs)
    asking.current = { gone, timer }
  }
  const choose = (step: number) =>
    setOffer((before) => {
      if (!before) return before
      const count = before.words.length
      return { ...before, chosen: (before.chosen + step + count) % count }
    })
  const take = (area: HTMLTextAreaElement, which = offer?.chosen ?? 0) => {
    const word = offer?.words[which]
    if (!offer || !word) return
    const { selectionStart } = area
    const { column } = placeAt(area.value, selectionStart)
    // Before it is typed: what is typed may ask for the next word.
    close()
    typeInto(area, word.insert, selectionStart - (column - offer.at.column), selectionStart)
  }
  return { offer, ask, close, choose, take }
}
