import type { shell as english } from '../en/shell.ts'
import type { Translated } from '../text-types.ts'

export const shell: Translated<typeof english> = {
  line: 'Linea',
  machine: 'Macchina',
  connect: 'Collega',
  edit: 'Modifica',
  whatIf: 'E se',
  scanners: 'Lettori',
  delivery: 'Consegna',
  troubles: 'Problemi',
  users: 'Utenti',
  audit: 'Modifiche fatte',
  password: 'Cambia la mia password',
  skip: 'Vai al contenuto',
  navigation: 'Pagine',
  more: 'Altro',
  account: 'Il tuo account',
  language: 'Lingua',
  signOut: 'Esci',
  signIn: 'Accedi',
  userName: 'Nome',
  passwordLabel: 'Password',
  local:
    'Non c’è ancora alcun utente: chi usa questo computer può fare tutto. Il primo utente si crea così: millrace users add NOME --role administer',
  connectionLost: 'La connessione al gateway è interrotta. Ciò che vedi può essere vecchio; torna da sola.',
  otherTimezone:
    'Gli orari sono nel fuso di questo dispositivo ({here}); gli orologi dello stabilimento segnano quello di {plant}.',
  notForYou: 'Questa pagina è per chi ha il diritto «{role}». Chiedi a chi si occupa del gateway.',
  noPage: 'Questa pagina non esiste',
  noPageHint: 'L’indirizzo non porta da nessuna parte. Forse è stato scritto o copiato solo in parte.',
  localOnly:
    'Su questo gateway non c’è ancora alcun utente, perciò risponde solo sul proprio computer. Crea lì il primo:',
  nameBlank: 'NOME',
  allWell: 'Tutto bene',
  troubleCount: '{count} {count:problema|problemi}',
}
