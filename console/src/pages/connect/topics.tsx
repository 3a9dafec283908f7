/** What is published at a broker within a few seconds, as signals to take. */
import { useState } from 'preact/hooks'
import type { TopicList } from '../../../../src/api/connect/shapes.ts'
import { post } from '../../api/client.ts'
import { DEVICE_WAIT_MAX_MS, useQuestion } from '../../api/use-question.ts'
import { Button } from '../../parts/button.tsx'
import { Form, TextField } from '../../parts/field.tsx'
import { Fault, Notice } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'
import { deviceKeys } from './device-keys.ts'
import { draft } from './draft.ts'
import { TakeButton } from './take-button.tsx'

export function Topics() {
  const [filter, setFilter] = useState('#')
  const [heard, setHeard] = useState<TopicList>()
  const listen = useQuestion(async (signal) => {
    const body = { device: deviceKeys(draft()), filter }
    const list = await post<TopicList>('/connect/topics', body, signal, DEVICE_WAIT_MAX_MS)
    return () => setHeard(list)
  })
  return (
    <div class="stack">
      <Form onSubmit={listen.run}>
        <TextField
          label={t('connect.topicFilter')}
          help={t('connect.topicHelp')}
          value={filter}
          onInput={setFilter}
        />
        <div class="row">
          <Button kind="main" icon="search" isSubmit isBusy={listen.isBusy}>
            {t('connect.listen')}
          </Button>
        </div>
      </Form>
      {listen.fault && <Fault fault={listen.fault} />}
      <div aria-live="polite">
        {heard?.topics.length === 0 && <Notice tone="warn">{t('connect.noTopics')}</Notice>}
        {heard?.topics.map((topic) => (
          <section key={topic.topic} class="connect-topic">
            <h3 class="code">{topic.topic}</h3>
            <ul class="connect-decodings">
              {topic.values.map(({ shown, signal }) => (
                <li key={JSON.stringify(signal.keys)}>
                  <span>
                    <strong>{shown}</strong> <span class="help">{String(signal.keys.path ?? '')}</span>
                  </span>
                  <TakeButton
                    signal={signal}
                    shown={shown}
                    address={topic.topic}
                    type={String(signal.keys.path ?? '')}
                  />
                </li>
              ))}
            </ul>
          </section>
        ))}
        {heard?.is_cut && <p class="help">{t('connect.cut')}</p>}
      </div>
    </div>
  )
}
