/** `millrace buffer`: what people do about the local log and its other end in central, when the gateway cannot decide alone. */
import type { Action } from './buffer/site.ts'
import type { Command } from './command.ts'
import { wrongAction } from './wrong-action.ts'

const ACTIONS: Readonly<Record<string, () => Promise<Action>>> = {
  adopt: async () => (await import('./buffer/adopt.ts')).adopt,
  audit: async () => (await import('./buffer/audit.ts')).audit,
  export: async () => (await import('./buffer/export.ts')).exportEvents,
  resend: async () => (await import('./buffer/resend.ts')).resend,
  unsent: async () => (await import('./buffer/unsent.ts')).unsent,
  quarantine: async () => (await import('./buffer/quarantine.ts')).quarantine,
}

export const bufferCommand: Command = {
  name: 'buffer',
  summary: 'compares the local log with central, shows and retries the quarantine, and goes on after a fork',
  usage: `millrace buffer quarantine list | show SEQ | retry [--route NAME] [--json]
    the rows that central, or another route, refused for themselves, why, and another try
millrace buffer quarantine discard SEQ… | FROM-TO… | --machine CODE | --station CODE | --all  --why TEXT [--route NAME]
    gives rows up that nobody wants, of central unless another route is named: they are kept, with who gave them up and why, and are no longer counted
millrace buffer audit [--json]
    compares what central has acknowledged with what it holds: missing, different, double, quarantined; of other
    routes it says how far they have come
millrace buffer resend --from SEQ --to SEQ
    sends kept events again whose rows somebody has deleted in central (not of other routes); a row that is there is left alone
millrace buffer export [--after SEQ]
    prints the kept events, one JSON object a line
millrace buffer unsent [--json]
    how many events still have to go to central, and to other routes that must have them
millrace buffer adopt [--refill] [--yes]
    with the gateway stopped: takes this gateway's stream over after a fork, a replaced disk or a damaged log, or for another
    organization, gateway name or database; --refill: also sends what is still kept and central lacks

All take --config (default config/gateway.yaml). Exit code 0: nothing is open; 1: something is.
docs/operations.md says when to use which.`,
  exits: ['0 nothing is open', '1 something is'],
  example: 'millrace buffer audit',
  page: 'docs/operations.md',
  async run(context) {
    const [name, ...args] = context.args
    const load = name === undefined ? undefined : ACTIONS[name]
    if (!load) throw wrongAction('buffer', name, Object.keys(ACTIONS))
    const action = await load()
    return action({ ...context, args })
  },
}
