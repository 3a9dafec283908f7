/**
 * The 30 checks that a release has to pass, in plain words, each with the requirements of IEC 62443-4-2 that it serves. Each is a file
 * in this folder, `s07-….test.ts`; docs/security.md says what each holds.
 */
import type { CheckId } from './security-check.ts'

export interface CheckTitle {
  readonly id: CheckId
  readonly title: string
  /** `CR 3.1`: component requirements of IEC 62443-4-2, as far as one belongs to it. */
  readonly requirements: readonly string[]
}

export const CHECKS: readonly CheckTitle[] = [
  of('S1', 'Central is reached over TLS only, with its certificate and its name proven', 'CR 3.1', 'CR 4.1'),
  of('S2', 'The database password is proven without being sent, and stands nowhere else', 'CR 1.5'),
  of('S3', 'Each gateway has a secret of its own, made on it and shown to nobody', 'CR 1.2', 'CR 1.8'),
  of('S4', 'A copy of a gateway is found out when it first meets central'),
  of('S5', 'A login can be renewed and revoked, and a lost gateway is shut out at once', 'CR 1.3', 'CR 1.4'),
  of('S6', 'A token to enrol a gateway works once, for a short time, for one organization'),
  of('S7', 'OPC UA is signed and encrypted unless a device map says otherwise'),
  of('S8', 'An OPC UA server is trusted by its certificate, and never by itself', 'CR 1.9'),
  of('S9', 'Nobody on the way can talk an OPC UA connection down to a weaker one'),
  of('S10', 'Nothing is ever written to a device of the plant', 'CR 2.1', 'CR 7.7'),
  of('S11', 'No bytes that come in crash it, hang it or fill its memory', 'CR 3.5', 'CR 7.1'),
  of('S12', 'Texts of devices stay texts, wherever they go'),
  of('S13', 'One device or scanner that floods does not delay the others', 'CR 7.2'),
  of('S14', 'Every table of central that holds data of organizations keeps them apart by row'),
  of('S15', 'The pieces of a partitioned table are no way around that'),
  of('S16', 'Whose data a login sees follows from the login, and not from what it says'),
  of('S17', 'A gateway may do in central what it must, and nothing else'),
  of('S18', 'Functions of central that run with more rights cannot be misused'),
  of('S19', 'Central limits what one gateway can hold: time, locks, connections'),
  of('S20', 'A central with known holes is named when it is met'),
  of('S21', 'Files of the gateway are its own user’s alone, and can be wiped', 'CR 4.1', 'CR 4.2'),
  of('S22', 'The service runs in a narrow sandbox'),
  of('S23', 'No port is open but those that are configured', 'CR 5.1', 'CR 7.7'),
  of('S24', 'Pages and interfaces answer only to whoever may ask'),
  of('S25', 'Updates and configuration from elsewhere are signed, and never go back', 'CR 3.4', 'EDR 3.10'),
  of('S26', 'What it is built of is pinned, listed and known', 'CR 7.8'),
  of(
    'S27',
    'What happened to the gateway is written into a trail that cannot be edited unseen',
    'CR 2.8',
    'CR 2.9',
    'CR 2.10',
    'CR 2.11',
    'CR 3.9',
  ),
  of('S28', 'In trouble it raises an alarm and buffers, and never drops a safeguard', 'CR 3.6', 'CR 3.7'),
  of('S29', 'Logs and errors hold no secrets and nobody else’s data'),
  of('S30', 'A backup or a new installation keeps or renews the identity safely', 'CR 7.3', 'CR 7.4'),
]

function of(id: CheckId, title: string, ...requirements: readonly string[]): CheckTitle {
  return { id, title, requirements }
}
