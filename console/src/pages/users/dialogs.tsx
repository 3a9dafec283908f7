/** The forms behind the buttons of the page of users. */
import { useState } from 'preact/hooks'
import type { MadeTokenOnWire, Role } from '../../../../src/console/shapes.ts'
import { post, put } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../parts/button.tsx'
import { copyText } from '../../parts/copy-text.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Form, SelectField, TextField } from '../../parts/field.tsx'
import { Fault, Notice } from '../../parts/states.tsx'
import { t } from '../../texts/catalogue.ts'

interface DialogProps {
  readonly onClose: () => void
}

/** The first one has to be able to add the others. */
export function NewUser({
  isFirst,
  onMade,
  onClose,
}: DialogProps & { readonly isFirst: boolean; readonly onMade: (() => Promise<void>) | undefined }) {
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>(isFirst ? 'administer' : 'view')
  const [password, setPassword] = useState('')
  const make = useAction(async () => {
    await post('/users', { name, role, password })
    await onMade?.()
    onClose()
  })
  return (
    <Dialog title={t('users.add')} onClose={onClose}>
      <Form onSubmit={make.run}>
        <NameField name={name} onInput={setName} />
        <RoleField role={role} onChoose={setRole} isFixed={isFirst} />
        <TextField
          label={t('users.password')}
          help={t('users.passwordHelp')}
          type="password"
          autocomplete="new-password"
          value={password}
          onInput={setPassword}
          isRequired
        />
        {make.fault && <Fault fault={make.fault} />}
        <Button kind="main" isSubmit isBusy={make.isBusy}>
          {t('users.add')}
        </Button>
      </Form>
    </Dialog>
  )
}

export function ChangeUser({
  name,
  role: present,
  onClose,
}: DialogProps & { readonly name: string; readonly role: Role }) {
  const [role, setRole] = useState(present)
  const [password, setPassword] = useState('')
  const change = useAction(async () => {
    await put(`/users/${encodeURIComponent(name)}`, { role, ...(password !== '' && { password }) })
    onClose()
  })
  return (
    <Dialog title={t('users.changeOne', { name })} onClose={onClose}>
      <Form onSubmit={change.run}>
        <RoleField role={role} onChoose={setRole} />
        <TextField
          label={t('users.newPassword')}
          help={t('users.newPasswordHelp')}
          type="password"
          autocomplete="new-password"
          value={password}
          onInput={setPassword}
        />
        {change.fault && <Fault fault={change.fault} />}
        <Button kind="main" isSubmit isBusy={change.isBusy}>
          {t('users.save')}
        </Button>
      </Form>
    </Dialog>
  )
}

/** The gateway keeps no token that could be shown again. */
export function NewToken({ onClose }: DialogProps) {
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('view')
  const [made, setMade] = useState<MadeTokenOnWire>()
  const make = useAction(async () => setMade(await post<MadeTokenOnWire>('/tokens', { name, role })))
  return (
    <Dialog title={t('users.addToken')} onClose={onClose}>
      {made ? (
        <>
          <Notice tone="warn">{t('users.tokenMade')}</Notice>
          <p class="code token">{made.token}</p>
          <Button kind="main" icon="copy" onPress={() => copyText(made.token)}>
            {t('parts.copy')}
          </Button>
        </>
      ) : (
        <Form onSubmit={make.run}>
          <NameField name={name} onInput={setName} />
          <RoleField role={role} onChoose={setRole} />
          {make.fault && <Fault fault={make.fault} />}
          <Button kind="main" isSubmit isBusy={make.isBusy}>
            {t('users.addToken')}
          </Button>
        </Form>
      )}
    </Dialog>
  )
}

function NameField({ name, onInput }: { readonly name: string; readonly onInput: (name: string) => void }) {
  return (
    <TextField
      label={t('users.name')}
      help={t('users.nameHelp')}
      value={name}
      onInput={onInput}
      isRequired
      hasFocus
    />
  )
}

function RoleField({
  role,
  onChoose,
  isFixed = false,
}: {
  readonly role: Role
  readonly onChoose: (role: Role) => void
  readonly isFixed?: boolean
}) {
  const choices = (['view', 'configure', 'administer'] as const).map((value) => ({
    value,
    label: t(`role.${value}`),
  }))
  return (
    <SelectField
      label={t('users.role')}
      help={t('users.roleHelp')}
      value={role}
      choices={choices}
      onChoose={onChoose}
      isDisabled={isFixed}
    />
  )
}
