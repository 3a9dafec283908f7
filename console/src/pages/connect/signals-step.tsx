/** Which values of the device the map reads: by address, by what the display shows, out of a sheet, or from the server's own list. */
import { useState } from 'preact/hooks'
import { Section } from '../../parts/section.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { type PlainTextKey, t } from '../../texts/catalogue.ts'
import { Browse } from './browse.tsx'
import { ChosenSignals } from './chosen-signals.tsx'
import { isModbus } from './device-keys.ts'
import { draft } from './draft.ts'
import { FindValue } from './find-value.tsx'
import { ReadNow } from './read-now.tsx'
import { Sheet } from './sheet.tsx'
import { Topics } from './topics.tsx'

const WAYS = {
  browse: [Browse, 'connect.wayBrowse'],
  topics: [Topics, 'connect.wayTopics'],
  read: [ReadNow, 'connect.wayRead'],
  find: [FindValue, 'connect.wayFind'],
  sheet: [Sheet, 'connect.waySheet'],
} as const satisfies Readonly<Record<string, readonly [unknown, PlainTextKey]>>
type Way = keyof typeof WAYS

export function SignalsStep() {
  const ways = waysOf()
  const [shown, setShown] = useState<Way>(ways[0] ?? 'read')
  const [View] = WAYS[shown]
  return (
    <>
      <Section title={t('connect.signals')}>
        <p class="help">{t('connect.signalsHelp')}</p>
        <Tabs
          label={t('connect.ways')}
          tabs={ways.map((name) => ({ name, label: t(WAYS[name][1]) }))}
          shown={shown}
          onShow={setShown}
        >
          <View />
        </Tabs>
      </Section>
      <ChosenSignals />
    </>
  )
}

function waysOf(): readonly Way[] {
  const { driver } = draft()
  if (driver === 'mqtt') return ['topics']
  return isModbus(driver) ? ['read', 'find', 'sheet'] : ['browse', 'read', 'find', 'sheet']
}
