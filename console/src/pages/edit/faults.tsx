/** What is wrong with the text: each with its place, what to do, and the nearest word where there is one. */
import type { MapFault } from '../../../../src/api/maps/shapes.ts'
import { Button } from '../../parts/button.tsx'
import { Lamp } from '../../parts/status-lamp.tsx'
import { t } from '../../texts/catalogue.ts'

interface FaultsProps {
  readonly title: string
  readonly faults: readonly MapFault[]
  readonly tone: 'bad' | 'warn'
  /** As the gateway names the file that is edited. */
  readonly named: string
  readonly onJump: (fault: MapFault) => void
  /** Puts the word in that was meant. */
  readonly onCorrect: (fault: MapFault, word: string) => void
}

export function Faults({ title, faults, tone, named, onJump, onCorrect }: FaultsProps) {
  if (faults.length === 0) return null
  return (
    <section class="edit-faults" aria-label={title}>
      <h2>
        <Lamp tone={tone}>{title}</Lamp>
      </h2>
      <ul>
        {faults.map((fault) => {
          const isHere = fault.file === named
          const meant = isHere ? meantWord(fault) : undefined
          return (
            <li key={`${fault.file}:${fault.line}:${fault.column}:${fault.message}`}>
              {isHere ? (
                <Button kind="quiet" onPress={() => onJump(fault)}>
                  {t('edit.place', { line: fault.line, column: fault.column })}
                </Button>
              ) : (
                <span class="code">{`${fault.file}:${fault.line}`}</span>
              )}
              <span>
                {fault.message}
                {fault.hint && <span class="help">{`; ${fault.hint}`}</span>}
              </span>
              {meant !== undefined && (
                <Button onPress={() => onCorrect(fault, meant)}>{t('edit.correct', { word: meant })}</Button>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** The gateway's hint names the nearest word. */
function meantWord({ hint }: MapFault): string | undefined {
  return /^did you mean "([^"]+)"\?$/.exec(hint ?? '')?.[1]
}
