import type { shell as english } from '../en/shell.ts'
import type { Translated } from '../text-types.ts'

export const shell: Translated<typeof english> = {
  line: 'Linija',
  machine: 'Stroj',
  connect: 'Spajanje',
  edit: 'Uređivanje',
  whatIf: 'Što ako',
  scanners: 'Skeneri',
  delivery: 'Isporuka',
  troubles: 'Smetnje',
  users: 'Korisnici',
  audit: 'Promjene',
  password: 'Promijeni moju lozinku',
  skip: 'Na sadržaj',
  navigation: 'Stranice',
  more: 'Više',
  account: 'Vaš račun',
  language: 'Jezik',
  signOut: 'Odjava',
  signIn: 'Prijava',
  userName: 'Ime',
  passwordLabel: 'Lozinka',
  local:
    'Još nema korisnika: tko koristi ovo računalo, smije sve. Prvi se korisnik dodaje ovako: millrace users add IME --role administer',
  connectionLost: 'Veza s gatewayem je prekinuta. Ono što vidite može biti staro; veza će se sama vratiti.',
  otherTimezone: 'Vremena su u zoni ovog uređaja ({here}); satovi u pogonu pokazuju vrijeme zone {plant}.',
  notForYou: 'Ova je stranica za osobe s pravom „{role}”. Obratite se onome tko brine o gatewayu.',
  noPage: 'Te stranice nema',
  noPageHint: 'Adresa ne vodi nikamo. Možda je upisana ili kopirana samo djelomično.',
  localOnly:
    'Na ovom gatewayu još nema korisnika, zato odgovara samo na vlastitom računalu. Dodajte ondje prvoga:',
  nameBlank: 'IME',
  allWell: 'Sve u redu',
  troubleCount: '{count} {count:smetnja|smetnje|smetnji}',
}
