import type { shell as english } from '../en/shell.ts'
import type { Translated } from '../text-types.ts'

export const shell: Translated<typeof english> = {
  line: 'Linie',
  machine: 'Maschine',
  connect: 'Verbinden',
  edit: 'Bearbeiten',
  whatIf: 'Was wäre wenn',
  scanners: 'Scanner',
  delivery: 'Zustellung',
  troubles: 'Störungen',
  users: 'Benutzer',
  audit: 'Änderungen',
  password: 'Mein Passwort ändern',
  skip: 'Zum Inhalt',
  navigation: 'Seiten',
  more: 'Mehr',
  account: 'Ihr Konto',
  language: 'Sprache',
  signOut: 'Abmelden',
  signIn: 'Anmelden',
  userName: 'Name',
  passwordLabel: 'Passwort',
  local:
    'Es gibt noch keinen Benutzer: Wer diesen Computer benutzt, darf alles. Den ersten Benutzer legt man so an: millrace users add NAME --role administer',
  connectionLost:
    'Die Verbindung zum Gateway ist unterbrochen. Was Sie sehen, kann veraltet sein; sie kommt von selbst wieder.',
  otherTimezone: 'Zeiten stehen in der Zone dieses Geräts ({here}); die Uhren des Werks gehen nach {plant}.',
  notForYou: 'Diese Seite ist für Personen mit dem Recht „{role}“. Fragen Sie, wer das Gateway betreut.',
  noPage: 'Diese Seite gibt es nicht',
  noPageHint: 'Die Adresse führt nirgendwohin. Vielleicht wurde sie nur teilweise eingegeben oder kopiert.',
  localOnly:
    'Auf diesem Gateway gibt es noch keinen Benutzer, deshalb antwortet es nur auf seinem eigenen Computer. Legen Sie dort den ersten an:',
  nameBlank: 'NAME',
  allWell: 'Alles in Ordnung',
  troubleCount: '{count} {count:Störung|Störungen}',
}
