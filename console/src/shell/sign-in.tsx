/** What is shown before anybody is signed in: the form that asks for the name and the password, or why there is none. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useAction } from '../api/use-action.ts'
import { Button } from '../parts/button.tsx'
import { Form, TextField } from '../parts/field.tsx'
import { Fault, Notice } from '../parts/states.tsx'
import { t } from '../texts/catalogue.ts'
import { LanguageField } from './account.tsx'
import { gatewayName, signIn } from './session.ts'

export function SignIn() {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const action = useAction(() => signIn(name, password))
  return (
    <Entrance>
      <Form onSubmit={action.run}>
        <TextField
          label={t('shell.userName')}
          value={name}
          onInput={setName}
          autocomplete="username"
          isRequired
          hasFocus
        />
        <TextField
          label={t('shell.passwordLabel')}
          type="password"
          value={password}
          onInput={setPassword}
          autocomplete="current-password"
          isRequired
        />
        {action.fault && <Fault fault={action.fault} />}
        <Button kind="main" isSubmit isBusy={action.isBusy}>
          {t('shell.signIn')}
        </Button>
      </Form>
    </Entrance>
  )
}

/** No user has been made yet, and another computer asks. */
export function LocalOnly() {
  return (
    <Entrance>
      <Notice tone="warn">
        <p>{t('shell.localOnly')}</p>
        <p class="code">millrace users add {t('shell.nameBlank')} --role administer</p>
      </Notice>
    </Entrance>
  )
}

function Entrance({ children }: { readonly children: ComponentChildren }) {
  return (
    <main class="alone">
      <div class="sign-in">
        <div class="brand">
          <img src="/icon.svg" alt="" width="40" height="40" />
          <div>
            <h1>Millrace</h1>
            <p class="help">{gatewayName.value}</p>
          </div>
        </div>
        {children}
        <LanguageField />
      </div>
    </main>
  )
}
