/** The map as it will be saved: its text, what is wrong with it, what it changes, and whether it begins in shadow. */
import { useEffect, useState } from 'preact/hooks'
import type { ComparedLine, DraftVerdict, MapFault } from '../../../../src/api/maps/shapes.ts'
import type { CallError } from '../../api/client.ts'
import { post, put } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { asCallError, useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../parts/button.tsx'
import { ChoiceBar, TextArea } from '../../parts/field.tsx'
import { Section } from '../../parts/section.tsx'
import { Awaited, Fault, Notice } from '../../parts/states.tsx'
import { goTo } from '../../shell/route.ts'
import { t } from '../../texts/catalogue.ts'
import { change, draft } from './draft.ts'
import { type ReviewedMap, reviewMap } from './made-map.ts'

/** Whoever types quickly is judged once. */
const TYPED_MS = 500

export function ReviewStep() {
  const [judged, setJudged] = useState<boolean>()
  const map = useLoaded((signal) => reviewMap(draft(), signal), [draft().isShadow])
  // A text that was changed by hand may say otherwise than what was chosen, and the text counts.
  const isShadow = judged ?? draft().isShadow
  const choose = (mode: 'shadow' | 'live') => {
    const { own } = draft()
    setJudged(undefined)
    change({ isShadow: mode === 'shadow', own: own && { ...own, madeOf: '' } })
    map.reload()
  }
  return (
    <>
      <Section title={t('connect.shadowOrLive')}>
        <div class="stack">
          <ChoiceBar
            label={t('connect.shadowOrLive')}
            value={isShadow ? 'shadow' : 'live'}
            choices={[
              { value: 'shadow', label: t('connect.shadow') },
              { value: 'live', label: t('connect.live') },
            ]}
            onChoose={choose}
          />
          <p class="help">{t(isShadow ? 'connect.shadowHelp' : 'connect.liveHelp')}</p>
        </div>
      </Section>
      <Awaited loaded={map}>
        {(value) => (
          <Review
            key={`${value.madeOf} ${value.text}`}
            map={value}
            isShadow={isShadow}
            onJudged={setJudged}
          />
        )}
      </Awaited>
    </>
  )
}

function Review({
  map,
  isShadow,
  onJudged,
}: {
  readonly map: ReviewedMap
  readonly isShadow: boolean
  /** Whether the text, as it is now, is that of a machine in shadow; undefined: not known. */
  readonly onJudged: (isShadow: boolean | undefined) => void
}) {
  const [text, setText] = useState(map.text)
  const [verdict, setVerdict] = useState<DraftVerdict>()
  const [isEditing, setEditing] = useState(false)
  const judging = useJudged(map.file, text, (news) => {
    setVerdict(news)
    if (news) onJudged(news.effects.find(({ kind }) => kind === 'machine')?.is_shadow)
  })
  const edited = (news: string) => {
    setText(news)
    change({ own: { text: news, madeOf: map.madeOf } })
  }
  const save = useAction(async () => {
    await put(`/maps/${encodeURIComponent(map.file)}`, { text, read: map.read })
    change({ saved: { file: map.file, at: new Date().toISOString() } })
    goTo('/connect/alive')
  })
  const faults = verdict?.faults ?? []
  return (
    <>
      <Section
        title={t('connect.mapText')}
        aside={
          <Button kind="quiet" icon="edit" isPressed={isEditing} onPress={() => setEditing(!isEditing)}>
            {t('connect.editText')}
          </Button>
        }
      >
        <div class="stack">
          <p class="help">
            {t(map.read === null ? 'connect.newFile' : 'connect.fileThere', { file: map.file })}
          </p>
          {isEditing ? (
            <TextArea label={t('connect.mapText')} rows={24} value={text} onInput={edited} />
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
            <section class="connect-text" tabIndex={0} aria-label={map.file}>
              <pre>{text}</pre>
            </section>
          )}
          {judging.fault ? (
            <Fault fault={judging.fault} onAgain={judging.again} />
          ) : (
            <Findings verdict={verdict} />
          )}
        </div>
      </Section>
      {map.read !== null && <Differences file={map.file} text={text} />}
      <Effects verdict={verdict} />
      {map.unwritable && (
        <Notice tone="bad">
          <p>{map.unwritable.what}</p>
          {map.unwritable.hint && <p class="help">{map.unwritable.hint}</p>}
        </Notice>
      )}
      {save.fault && <Fault fault={save.fault} />}
      <div class="connect-save">
        <Button
          kind="main"
          icon="check"
          isBusy={save.isBusy}
          isDisabled={verdict === undefined || faults.length > 0}
          onPress={save.run}
        >
          {t(isShadow ? 'connect.saveShadow' : 'connect.saveLive')}
        </Button>
      </div>
    </>
  )
}

/** What the gateway says of the text, a moment after it was last changed; and why it says nothing. */
function useJudged(file: string, text: string, take: (verdict: DraftVerdict | undefined) => void) {
  const [fault, setFault] = useState<CallError>()
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const gone = new AbortController()
    take(undefined)
    setFault(undefined)
    const timer = setTimeout(() => {
      post<DraftVerdict>('/maps/check', { file, text }, gone.signal).then(
        take,
        (error: unknown) => !gone.signal.aborted && setFault(asCallError(error)),
      )
    }, TYPED_MS)
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [file, text, turn])
  return { fault, again: () => setTurn((before) => before + 1) }
}

function Findings({ verdict }: { readonly verdict: DraftVerdict | undefined }) {
  if (!verdict) return <p class="help">{t('connect.judging')}</p>
  const { faults, warnings } = verdict
  return (
    <div role="status" class="stack">
      {faults.length === 0 && <Notice tone="good">{t('connect.noFaults')}</Notice>}
      {faults.map((fault) => (
        <Finding key={placeOf(fault)} finding={fault} tone="bad" />
      ))}
      {warnings.map((warning) => (
        <Finding key={placeOf(warning)} finding={warning} tone="warn" />
      ))}
    </div>
  )
}

function Finding({ finding, tone }: { readonly finding: MapFault; readonly tone: 'bad' | 'warn' }) {
  return (
    <Notice tone={tone}>
      <p>
        {t('connect.atLine', { line: finding.line })} {finding.message}
      </p>
      {finding.hint && <p class="help">{finding.hint}</p>}
    </Notice>
  )
}

/** What the change comes to, in words. */
function Effects({ verdict }: { readonly verdict: DraftVerdict | undefined }) {
  const effects = verdict?.effects.filter(({ what }) => what !== '') ?? []
  if (effects.length === 0) return null
  return (
    <Section title={t('connect.effects')}>
      <ul class="connect-reasons">
        {effects.map(({ code, what }) => (
          <li key={code}>
            <strong>{code}</strong>: {what}
          </li>
        ))}
      </ul>
    </Section>
  )
}

const MARKS = { same: ' ', removed: '−', added: '+' } as const

/** Line by line, where the machine has a map already. */
function Differences({ file, text }: { readonly file: string; readonly text: string }) {
  const compared = useLoaded(
    (signal) => post<{ readonly lines: readonly ComparedLine[] }>('/maps/compare', { file, text }, signal),
    [file, text],
  )
  return (
    <Section title={t('connect.differences')}>
      <Awaited loaded={compared}>
        {({ lines }) => (
          <ul class="connect-differences">
            {lines.filter(isNear).map((line, index) => (
              <li key={`${index} ${line.text}`} class={line.kind}>
                <span>{MARKS[line.kind]}</span> {line.text}
              </li>
            ))}
          </ul>
        )}
      </Awaited>
    </Section>
  )
}

function isNear({ kind }: ComparedLine, index: number, lines: readonly ComparedLine[]): boolean {
  return (
    kind !== 'same' || lines.slice(Math.max(0, index - 2), index + 3).some((line) => line.kind !== 'same')
  )
}

function placeOf({ line, column, message }: MapFault): string {
  return `${line}:${column} ${message}`
}
