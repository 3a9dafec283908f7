/** The words that are offered below the cursor. */
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../../texts/catalogue.ts'
import type { Offer } from './use-completion.ts'

interface WordsProps {
  readonly id: string
  readonly offer: Offer
  /** How far the text is scrolled to the side, in pixels. */
  readonly scrolled: number
  readonly onTake: (which: number) => void
}

/** The text area keeps the focus; the arrow keys choose. */
export function Words({ id, offer: { words, chosen, at }, scrolled, onTake }: WordsProps) {
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' }), [chosen])
  const about = words[chosen]?.about
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pressing a word must not take the focus out of the text
    <div
      class="code-words"
      style={{ '--line': at.line, '--column': at.column - 1, '--scroll': scrolled }}
      onMouseDown={(event) => event.preventDefault()}
    >
      <div id={id} role="listbox" tabIndex={-1} ref={list} aria-label={t('edit.words')}>
        {words.map(({ label }, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the text area
          <div
            key={label}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onClick={() => onTake(index)}
          >
            {label}
          </div>
        ))}
      </div>
      {about && <p class="help">{about}</p>}
      <p class="unseen" role="status">
        {`${words[chosen]?.label ?? ''}. ${about ?? ''}`}
      </p>
    </div>
  )
}
