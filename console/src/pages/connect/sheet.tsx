/** Signals out of a list that another program or the machine's builder has made; nothing is taken before it was seen. */
import { useId, useState } from 'preact/hooks'
import type { SheetPreview } from '../../../../src/api/connect/shapes.ts'
import { post } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../parts/button.tsx'
import { TextArea } from '../../parts/field.tsx'
import { Fault, Notice } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { t } from '../../texts/catalogue.ts'
import { placeText } from './chosen-signals.tsx'
import { change, draft, isTaken, takeSignals } from './draft.ts'

export function Sheet() {
  const fileId = useId()
  const [text, setText] = useState('')
  const [preview, setPreview] = useState<SheetPreview>()
  const judge = useAction(async (sheet: { readonly base64: string } | { readonly text: string }) => {
    setPreview(undefined)
    setPreview(await post<SheetPreview>('/connect/sheet', sheet))
  })
  const chosen = async (file: File | undefined) => {
    if (file) await judge.run({ base64: await base64Of(file) })
  }
  return (
    <div class="stack">
      <div class="field">
        <label for={fileId}>{t('connect.sheetFile')}</label>
        <input
          id={fileId}
          type="file"
          accept=".csv,.tsv,.txt,.json,.xml,.yaml"
          onChange={(event) => void chosen(event.currentTarget.files?.[0])}
        />
        <p class="help">{t('connect.sheetHelp')}</p>
      </div>
      <details class="connect-more">
        <summary>{t('connect.sheetPaste')}</summary>
        <div class="stack">
          <TextArea label={t('connect.sheetText')} rows={6} value={text} onInput={setText} />
          <div class="row">
            <Button isDisabled={text.trim() === ''} isBusy={judge.isBusy} onPress={() => judge.run({ text })}>
              {t('connect.sheetLook')}
            </Button>
          </div>
        </div>
      </details>
      {judge.fault && <Fault fault={judge.fault} />}
      <div aria-live="polite">{preview && <Preview preview={preview} />}</div>
    </div>
  )
}

function Preview({ preview }: { readonly preview: SheetPreview }) {
  const { format, signals, doubts, machine } = preview
  const free = signals.filter((signal) => !isTaken(signal))
  const take = () => {
    takeSignals(free.map(({ line: _, ...signal }) => ({ signal, shown: null })))
    if (machine !== null && draft().machine === '') change({ machine })
  }
  return (
    <div class="stack">
      <p>{t('connect.sheetIs', { format, count: signals.length })}</p>
      {doubts.map(({ line, what, hint, is_left_out: isLeftOut }) => (
        <Notice key={`${line}${what}`} tone={isLeftOut ? 'bad' : 'warn'}>
          <p>{t('connect.sheetLine', { line, what })}</p>
          {hint && <p class="help">{hint}</p>}
        </Notice>
      ))}
      <Button kind="main" icon="plus" isDisabled={free.length === 0} onPress={take}>
        {t('connect.takeAll', { count: free.length })}
      </Button>
      <Table
        label={t('connect.waySheet')}
        rows={signals}
        keyOf={({ line, name }) => `${line}${name}`}
        columns={[
          { title: t('connect.signalName'), isHead: true, cell: ({ name }) => name },
          { title: t('connect.where'), cell: (signal) => <span class="code">{placeText(signal)}</span> },
          { title: t('connect.about'), cell: ({ about }) => about },
        ]}
      />
    </div>
  )
}

async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
