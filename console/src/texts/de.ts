import { audit } from './de/audit.ts'
import { connect } from './de/connect.ts'
import { delivery } from './de/delivery.ts'
import { edit } from './de/edit.ts'
import { line } from './de/line.ts'
import { machine } from './de/machine.ts'
import { parts } from './de/parts.ts'
import { role } from './de/role.ts'
import { scanners } from './de/scanners.ts'
import { shell } from './de/shell.ts'
import { status } from './de/status.ts'
import { troubleCode } from './de/trouble-code.ts'
import { troubles } from './de/troubles.ts'
import { users } from './de/users.ts'
import { whatIf } from './de/what-if.ts'
import type { Catalogue } from './en.ts'

export const de: Catalogue = {
  shell,
  parts,
  status,
  role,
  line,
  machine,
  connect,
  edit,
  whatIf,
  scanners,
  delivery,
  troubleCode,
  troubles,
  users,
  audit,
}
