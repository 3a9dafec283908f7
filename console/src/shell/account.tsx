/** Behind the button at the top right: who is signed in, what only some may see, the language, and the way out. */
import { useAction } from '../api/use-action.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { SelectField } from '../parts/field.tsx'
import { Icon } from '../parts/icon.tsx'
import { Fault } from '../parts/states.tsx'
import { chooseLanguage, LANGUAGES, type Language, language, t } from '../texts/catalogue.ts'
import { PAGES, plainPath } from './page-list.ts'
import { may, sessionState, signOut, user } from './session.ts'

export function Account({ onClose }: { readonly onClose: () => void }) {
  const leave = useAction(signOut)
  const isSignedIn = sessionState.value === 'signed-in'
  const entries = PAGES.filter(
    ({ offered, role, path }) => offered === 'account' && may(role) && (isSignedIn || path !== '/password'),
  )
  return (
    <Dialog title={t('shell.account')} onClose={onClose}>
      {isSignedIn ? <Who /> : <p class="help">{t('shell.local')}</p>}
      <LanguageField />
      <ul class="link-list">
        {entries.map((entry) => (
          <li key={entry.path}>
            <a href={plainPath(entry)} onClick={onClose}>
              <Icon name={entry.icon} />
              {t(entry.title)}
            </a>
          </li>
        ))}
      </ul>
      {leave.fault && <Fault fault={leave.fault} />}
      {isSignedIn && (
        <Button icon="out" isBusy={leave.isBusy} onPress={leave.run}>
          {t('shell.signOut')}
        </Button>
      )}
    </Dialog>
  )
}

function Who() {
  const { name, role } = user.value ?? {}
  return (
    <p>
      <strong>{name}</strong> {role && `· ${t(`role.${role}`)}`}
    </p>
  )
}

/** Also shown where people sign in. */
export function LanguageField() {
  const choices = (Object.keys(LANGUAGES) as Language[]).map((value) => ({ value, label: LANGUAGES[value] }))
  return (
    <SelectField label={t('shell.language')} value={language()} choices={choices} onChoose={chooseLanguage} />
  )
}
