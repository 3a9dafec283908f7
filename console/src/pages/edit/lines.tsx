/** A comparison, line by line. What is the same is shown only around what is not. */
import type { ComparedLine } from '../../../../src/api/maps/shapes.ts'
import { post } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Awaited } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'

const AROUND = 3
const SIGNS = { same: ' ', removed: '−', added: '+' } as const

/** What the file holds now against a text. */
export function ComparedWithFile({
  file,
  text,
  label,
}: {
  readonly file: string
  readonly text: string
  readonly label: string
}) {
  const loaded = useLoaded(
    (signal) => post<{ readonly lines: readonly ComparedLine[] }>('/maps/compare', { file, text }, signal),
    [file, text],
  )
  return <Awaited loaded={loaded}>{({ lines }) => <Lines lines={lines} label={label} />}</Awaited>
}

function Lines({ lines, label }: { readonly lines: readonly ComparedLine[]; readonly label: string }) {
  const isNear = lines.map((_, index) =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(({ kind }) => kind !== 'same'),
  )
  if (!isNear.includes(true)) return <p class="help">{t('edit.sameText')}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section class="diff" aria-label={label} tabIndex={0}>
      {lines.map(({ kind, text }, index) =>
        isNear[index] ? (
          <div key={index} class={`diff-line ${kind}`}>
            <span class="diff-sign" aria-hidden="true">
              {SIGNS[kind]}
            </span>
            {kind !== 'same' && (
              <span class="unseen">{kind === 'added' ? t('edit.added') : t('edit.removed')}</span>
            )}
            {text}
          </div>
        ) : isNear[index - 1] ? (
          <div key={index} class="diff-line gap">
            …
          </div>
        ) : null,
      )}
    </section>
  )
}
