/** Who may open these pages: people, and scripts with their tokens. */
import { useState } from 'preact/hooks'
import type { UsersOnWire } from '../../../../src/console/shapes.ts'
import { get, remove } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/dialog.tsx'
import { dayText, durationText } from '../../parts/format.ts'
import { PageHead, Section } from '../../parts/section.tsx'
import { Awaited, Notice } from '../../parts/states.tsx'
import { Lamp } from '../../parts/status-lamp.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { loadSession } from '../../shell/session.ts'
import { t } from '../../texts/catalogue.ts'
import { ChangeUser, NewToken, NewUser } from './dialogs.tsx'

type User = UsersOnWire['users'][number]
type Token = UsersOnWire['tokens'][number]

/** The dialog that is open. */
type Open =
  | { readonly kind: 'new-user' | 'new-token' }
  | {
      readonly kind: 'change-user' | 'remove-user' | 'remove-token'
      readonly name: string
      readonly role: User['role']
    }

export function UsersPage() {
  const loaded = useLoaded((signal) => get<UsersOnWire>('/users', {}, signal))
  const [open, setOpen] = useState<Open>()
  const close = () => {
    setOpen(undefined)
    loaded.reload()
  }
  return (
    <>
      <PageHead title={t('shell.users')} intro={t('users.intro')} />
      <Awaited loaded={loaded}>
        {({ users, tokens }) => (
          <>
            <People users={users} onOpen={setOpen} />
            {users.length > 0 && <Tokens tokens={tokens} onOpen={setOpen} />}
          </>
        )}
      </Awaited>
      {open && <OpenDialog open={open} isFirst={loaded.value?.users.length === 0} onClose={close} />}
    </>
  )
}

interface ListProps {
  readonly onOpen: (open: Open) => void
}

function People({ users, onOpen }: ListProps & { readonly users: readonly User[] }) {
  const add = (
    <Button icon="plus" kind="main" onPress={() => onOpen({ kind: 'new-user' })}>
      {t('users.add')}
    </Button>
  )
  return (
    <Section title={t('users.people')} aside={add}>
      {users.length === 0 ? (
        <Notice tone="info">{t('users.first')}</Notice>
      ) : (
        <Table
          label={t('users.people')}
          columns={userColumns(onOpen)}
          rows={users}
          keyOf={({ name }) => name}
        />
      )}
    </Section>
  )
}

function Tokens({ tokens, onOpen }: ListProps & { readonly tokens: readonly Token[] }) {
  const add = (
    <Button icon="plus" onPress={() => onOpen({ kind: 'new-token' })}>
      {t('users.addToken')}
    </Button>
  )
  return (
    <Section title={t('users.tokens')} aside={add}>
      <p class="help">{tokens.length === 0 ? t('users.noTokens') : t('users.tokensIntro')}</p>
      {tokens.length > 0 && (
        <Table
          label={t('users.tokens')}
          columns={tokenColumns(onOpen)}
          rows={tokens}
          keyOf={({ name }) => name}
        />
      )}
    </Section>
  )
}

function userColumns(onOpen: ListProps['onOpen']): readonly Column<User>[] {
  return [
    { title: t('users.name'), cell: ({ name }) => name, isHead: true },
    { title: t('users.role'), cell: ({ role }) => t(`role.${role}`) },
    { title: t('users.created'), cell: ({ created_at }) => dayText(created_at) },
    { title: t('users.passwordSet'), cell: ({ password_at }) => dayText(password_at) },
    { title: t('users.state'), cell: ({ locked_s }) => <State lockedS={locked_s} /> },
    {
      title: t('users.actions'),
      cell: ({ name, role }) => (
        <span class="row">
          <Button
            label={t('users.changeOne', { name })}
            onPress={() => onOpen({ kind: 'change-user', name, role })}
          >
            {t('users.change')}
          </Button>
          <RemoveButton name={name} onPress={() => onOpen({ kind: 'remove-user', name, role })} />
        </span>
      ),
    },
  ]
}

function tokenColumns(onOpen: ListProps['onOpen']): readonly Column<Token>[] {
  return [
    { title: t('users.name'), cell: ({ name }) => name, isHead: true },
    { title: t('users.role'), cell: ({ role }) => t(`role.${role}`) },
    { title: t('users.created'), cell: ({ created_at }) => dayText(created_at) },
    {
      title: t('users.actions'),
      cell: ({ name, role }) => (
        <RemoveButton name={name} onPress={() => onOpen({ kind: 'remove-token', name, role })} />
      ),
    },
  ]
}

function RemoveButton({ name, onPress }: { readonly name: string; readonly onPress: () => void }) {
  return (
    <Button label={t('users.removeOne', { name })} onPress={onPress}>
      {t('users.remove')}
    </Button>
  )
}

function State({ lockedS }: { readonly lockedS: number | null }) {
  if (lockedS === null) return <Lamp tone="good">{t('users.open')}</Lamp>
  return <Lamp tone="warn">{t('users.locked', { time: durationText(lockedS) })}</Lamp>
}

interface OpenDialogProps {
  readonly open: Open
  readonly isFirst: boolean
  readonly onClose: () => void
}

function OpenDialog({ open, isFirst, onClose }: OpenDialogProps) {
  switch (open.kind) {
    case 'new-user':
      return <NewUser isFirst={isFirst} onClose={onClose} onMade={isFirst ? loadSession : undefined} />
    case 'new-token':
      return <NewToken onClose={onClose} />
    case 'change-user':
      return <ChangeUser name={open.name} role={open.role} onClose={onClose} />
    default: {
      const { kind, name } = open
      const isUser = kind === 'remove-user'
      return (
        <Confirm
          title={t('users.removeOne', { name })}
          confirmLabel={t('users.remove')}
          isDangerous
          onConfirm={() => remove(`/${isUser ? 'users' : 'tokens'}/${encodeURIComponent(name)}`)}
          onClose={onClose}
        >
          <p>{isUser ? t('users.removeUserText', { name }) : t('users.removeTokenText', { name })}</p>
        </Confirm>
      )
    }
  }
}
