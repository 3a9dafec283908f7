/** How the scanner of a station is to be set, in the words of its maker. */
import type { ProgrammingShape } from '../../../../src/api/scanners/shapes.ts'
import { get } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../parts/button.tsx'
import { Fact, Facts, Section } from '../../parts/section.tsx'
import { Awaited, Notice } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { t } from '../../texts/catalogue.ts'

type Step = ProgrammingShape['steps'][number]

export function ProgrammingSheet({ scanner }: { readonly scanner: string }) {
  const path = `/scanners/${encodeURIComponent(scanner)}/programming`
  const loaded = useLoaded((signal) => get<ProgrammingShape>(path, {}, signal), [path])
  return <Awaited loaded={loaded}>{(sheet) => <Sheet sheet={sheet} />}</Awaited>
}

function Sheet({ sheet }: { readonly sheet: ProgrammingShape }) {
  const { scanner, maker, models, manual, steps, prefix } = sheet
  return (
    <>
      <div class="card-controls row">
        <p class="help">{t('scanners.sheetIntro')}</p>
        <Button icon="print" onPress={() => print()}>
          {t('scanners.print')}
        </Button>
      </div>
      <Section title={t('scanners.sheetOf', { name: scanner })}>
        {maker === null && <Notice tone="warn">{t('scanners.noBrand')}</Notice>}
        <Facts>
          {maker && <Fact name={t('scanners.maker')}>{maker}</Fact>}
          {models && <Fact name={t('scanners.models')}>{models}</Fact>}
        </Facts>
        {manual && (
          <p class="manual">
            <span class="help">{t('scanners.manual')}: </span>
            {manual}
          </p>
        )}
        <Table
          label={t('scanners.sheetOf', { name: scanner })}
          rows={steps}
          keyOf={({ setting }) => setting}
          columns={[
            { title: t('scanners.step'), isHead: true, cell: ({ setting }) => t(`scanners.set_${setting}`) },
            { title: t('scanners.setTo'), cell: (step) => targetText(step, sheet) },
            {
              title: t('scanners.makersName'),
              cell: (step) => <MakersName step={step} />,
            },
          ]}
        />
        {prefix && <p>{t('scanners.prefix', { prefix })}</p>}
      </Section>
    </>
  )
}

function MakersName({ step: { makers_name: name, command } }: { readonly step: Step }) {
  if (name === null) return <span class="help">{t('scanners.lookUp')}</span>
  return (
    <>
      {name}
      {command && (
        <span class="help below">
          {t('scanners.sent')} <span class="code">{command}</span>
        </span>
      )}
    </>
  )
}

function targetText({ setting }: Step, { connection, suffix, aim_id: aim, brand }: ProgrammingShape): string {
  const isHid = connection === 'hid'
  switch (setting) {
    case 'interface':
      return t(`scanners.to_interface_${connection}`)
    case 'suffix':
      return suffix === 'none' ? t('scanners.to_suffixNone') : t('scanners.to_suffix', { suffix })
    case 'aim-id':
      return t(aim === 'off' ? 'scanners.to_aimOff' : 'scanners.to_aim')
    case 'own-beep':
      return t(isHid ? 'scanners.to_ownBeepOn' : 'scanners.to_ownBeepOff')
    case 'host-beep':
      return t('scanners.to_hostBeep')
    case 'acknowledgement':
      return t(HOST_ACK.includes(brand ?? '') ? 'scanners.to_hostAck' : 'scanners.to_acknowledgement')
    default:
      return t(`scanners.to_${setting}`)
  }
}

/** These brands beep by the answer that each code waits for. */
const HOST_ACK: readonly string[] = ['honeywell_host_ack', 'hhp']
