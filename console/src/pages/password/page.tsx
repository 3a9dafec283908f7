/** Changes one's own password. */
import { useState } from 'preact/hooks'
import { put } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../parts/button.tsx'
import { Form, TextField } from '../../parts/field.tsx'
import { PageHead, Section } from '../../parts/section.tsx'
import { Fault, Notice } from '../../parts/states.tsx'
import { user } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'

export function PasswordPage() {
  const [present, setPresent] = useState('')
  const [next, setNext] = useState('')
  const [repeated, setRepeated] = useState('')
  const [isDone, setDone] = useState(false)
  const isDifferent = repeated !== '' && repeated !== next
  const change = useAction(async () => {
    if (repeated !== next) return
    setDone(false)
    await put('/session/password', { present, next })
    setDone(true)
    for (const clear of [setPresent, setNext, setRepeated]) clear('')
  })
  return (
    <>
      <PageHead title={t('shell.password')} />
      <Section title={user.value?.name ?? ''}>
        <div class="narrow">
          {isDone && <Notice tone="good">{t('users.changed')}</Notice>}
          <Form onSubmit={change.run}>
            <TextField
              label={t('users.present')}
              type="password"
              autocomplete="current-password"
              value={present}
              onInput={setPresent}
              isRequired
            />
            <TextField
              label={t('users.newPassword')}
              help={t('users.passwordHelp')}
              type="password"
              autocomplete="new-password"
              value={next}
              onInput={setNext}
              isRequired
            />
            <TextField
              label={t('users.repeat')}
              fault={isDifferent ? t('users.different') : undefined}
              type="password"
              autocomplete="new-password"
              value={repeated}
              onInput={setRepeated}
              isRequired
            />
            {change.fault && <Fault fault={change.fault} />}
            <div>
              <Button kind="main" isSubmit isBusy={change.isBusy}>
                {t('users.changePassword')}
              </Button>
            </div>
          </Form>
        </div>
      </Section>
    </>
  )
}
