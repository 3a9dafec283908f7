/**
 * Where a text of YAML is written: a plain text area, so that undo, spell and phone keyboards work as everywhere, over a picture of the same
 * text with its lines numbered, its faults marked and its parts in colours.
 */

import { Component, type RefObject } from 'preact'
import { useId, useRef } from 'preact/hooks'
import type { MapFault } from '../../../../src/api/maps/shapes.ts'
import { t } from '../../texts/catalogue.ts'
import { typeInto } from './caret.ts'
import { partsOf } from './highlight.ts'
import { type Completing, useCompletion } from './use-completion.ts'
import { Words } from './words.tsx'

interface CodeAreaProps {
  readonly label: string
  readonly file: string
  readonly text: string
  readonly onInput: (text: string) => void
  /** Those of this very file. */
  readonly faults: readonly MapFault[]
  readonly warnings: readonly MapFault[]
  readonly area: RefObject<HTMLTextAreaElement | null>
}

const TYPING_MS = 120
const INDENT = '  '

export function CodeArea(props: CodeAreaProps) {
  const { label, file, text, onInput, faults, warnings, area } = props
  const id = useId()
  const completing = useCompletion(file)
  const isLeaving = useRef(false)
  const frame = useRef<HTMLDivElement>(null)
  const keys = (event: KeyboardEvent) => {
    if (area.current && !event.isComposing) pressed(event, area.current, completing, isLeaving)
  }
  const input = (event: InputEvent) => {
    const target = event.currentTarget as HTMLTextAreaElement
    onInput(target.value)
    if (event.inputType === 'insertText' && /[\p{L}\p{N}_{[,: ]/u.test(event.data ?? ''))
      completing.ask(target, TYPING_MS)
    else completing.close()
  }
  return (
    <div class="code-frame" ref={frame}>
      <div class="code-lines">
        <Picture text={text} faults={faults} warnings={warnings} />
        <textarea
          ref={area}
          aria-label={label}
          aria-describedby={`${id}-help`}
          aria-autocomplete="list"
          aria-controls={completing.offer ? `${id}-words` : undefined}
          aria-activedescendant={completing.offer ? `${id}-words-${completing.offer.chosen}` : undefined}
          aria-invalid={faults.length > 0}
          value={text}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          wrap="off"
          onInput={input}
          onKeyDown={keys}
          onBlur={completing.close}
          onClick={completing.close}
        />
        {completing.offer && (
          <Words
            id={`${id}-words`}
            offer={completing.offer}
            scrolled={frame.current?.scrollLeft ?? 0}
            onTake={(which) => area.current && completing.take(area.current, which)}
          />
        )}
      </div>
      <p class="unseen" id={`${id}-help`}>
        {t('edit.keys')}
      </p>
    </div>
  )
}

/** What the keyboard does besides typing. Behind Escape, Tab leaves the text as everywhere. */
function pressed(
  event: KeyboardEvent,
  area: HTMLTextAreaElement,
  { offer, ask, close, choose, take }: Completing,
  isLeaving: { current: boolean },
): void {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event
  const isOffered = offer !== undefined
  const wasLeaving = isLeaving.current
  isLeaving.current = key === 'Escape' && !isOffered
  if (key === ' ' && ctrlKey) ask(area, 0)
  else if (ctrlKey || metaKey || altKey) return
  else if (isOffered && key === 'Escape') close()
  else if (isOffered && (key === 'ArrowDown' || key === 'ArrowUp')) choose(key === 'ArrowDown' ? 1 : -1)
  else if (isOffered && (key === 'Enter' || (key === 'Tab' && !shiftKey))) take(area)
  else if (key === 'Tab' && !shiftKey && !wasLeaving)
    typeInto(area, INDENT, area.selectionStart, area.selectionEnd)
  else if (key === 'Enter' && !shiftKey)
    typeInto(area, `\n${indentOf(area)}`, area.selectionStart, area.selectionEnd)
  else return
  event.preventDefault()
}

/** A new line stands below the one before it. */
function indentOf({ value, selectionStart }: HTMLTextAreaElement): string {
  const line = value.slice(value.lastIndexOf('\n', selectionStart - 1) + 1, selectionStart)
  return /^ */.exec(line)?.[0] ?? ''
}

interface PictureProps {
  readonly text: string
  readonly faults: readonly MapFault[]
  readonly warnings: readonly MapFault[]
}

/** Screen readers have the text area itself. */
function Picture({ text, faults, warnings }: PictureProps) {
  const [bad, odd] = [faults, warnings].map((all) => new Set(all.map(({ line }) => line)))
  return (
    <div class="code-picture" aria-hidden="true">
      {text.split('\n').map((line, index) => (
        // Lines have no names but their numbers.
        <Line
          key={index}
          text={line}
          mark={bad?.has(index + 1) ? 'bad' : odd?.has(index + 1) ? 'odd' : undefined}
        />
      ))}
    </div>
  )
}

interface LineProps {
  readonly text: string
  readonly mark: 'bad' | 'odd' | undefined
}

/** Drawn again only where it has changed: a map has hundreds of lines, and one is typed at a time. */
class Line extends Component<LineProps> {
  override shouldComponentUpdate(next: LineProps): boolean {
    return next.text !== this.props.text || next.mark !== this.props.mark
  }

  override render({ text, mark }: LineProps) {
    return (
      <div class={mark ? `code-line ${mark}` : 'code-line'}>
        {partsOf(text).map(({ kind, text: part }, index) =>
          kind === 'plain' ? (
            part
          ) : (
            // Parts of a line have no names but their order.
            <i key={index} class={`y-${kind}`}>
              {part}
            </i>
          ),
        )}
        {'\n'}
      </div>
    )
  }
}
