/** Whether what people scan and do could be read in the server's log. */

import { type Judgement, matter } from '../../../../domain/judgement.ts'
import type { ServerSettings } from '../facts/settings.ts'

/** A setting by which data may get into the log, and what ends that. */
interface Leak {
  readonly name: string
  /** Every statement is affected, and not only a slow or failed one. */
  readonly always: boolean
  readonly said: string
  readonly mend: string
}

/**
 * @param role quoted where that is necessary; its own settings win over those of the server
 * @param database likewise
 */
export function judgeLogging(
  settings: ServerSettings,
  { role, database }: { readonly role: string; readonly database: string },
): Judgement {
  const { good, advice, bad } = matter('statement logging')
  const leaks = leaksOf(settings)
  if (leaks.length === 0) return good('no value that the gateway sends gets into the log')
  const said = leaks.map((leak) => leak.said).join('; ')
  const remedy = leaks.map(({ mend }) => `ALTER ROLE ${role} IN DATABASE ${database} SET ${mend};`).join('\n')
  return leaks.some(({ always }) => always) ? bad(said, remedy) : advice(said, remedy)
}

function leaksOf(settings: ServerSettings): readonly Leak[] {
  // Values are logged beside a statement wherever the statement itself is, unless their length is cut to nothing.
  const showsValues = settings.get('log_parameter_max_length') !== '0'
  return [
    ...statementLeaks(settings, showsValues),
    ...(settings.get('log_parameter_max_length_on_error') === '0'
      ? []
      : [leak('log_parameter_max_length_on_error', false, 'values of statements that fail are logged', '0')]),
    ...extensionLeaks(settings),
  ]
}

function leak(name: string, always: boolean, said: string, safe: string): Leak {
  return { name, always, said: `${name}: ${said}`, mend: `${name} = ${safe}` }
}

function statementLeaks(settings: ServerSettings, showsValues: boolean): readonly Leak[] {
  if (!showsValues) return []
  const statements = settings.get('log_statement')
  const slowMs = Number(settings.get('log_min_duration_statement') ?? -1)
  const sampledMs = Number(settings.get('log_min_duration_sample') ?? -1)
  const rate = Number(settings.get('log_transaction_sample_rate') ?? 0)
  return [
    ...(statements === 'all' || statements === 'mod'
      ? [leak('log_statement', true, `every statement is logged with its values (${statements})`, `'none'`)]
      : []),
    ...(slowMs === 0
      ? [leak('log_min_duration_statement', true, 'every statement is logged with its values', '1000')]
      : []),
    ...(slowMs > 0 || sampledMs >= 0 || rate > 0
      ? [
          leak(
            'log_parameter_max_length',
            false,
            'slow or sampled statements are logged with their values',
            '0',
          ),
        ]
      : []),
  ]
}

/** Those that are loaded, else their settings are not there. */
function extensionLeaks(settings: ServerSettings): readonly Leak[] {
  const explainMs = Number(settings.get('auto_explain.log_min_duration') ?? -1)
  const explains = explainMs >= 0 && settings.get('auto_explain.log_parameter_max_length') !== '0'
  const audits = settings.get('pgaudit.log_parameter') === 'on'
  return [
    ...(explains
      ? [
          leak(
            'auto_explain.log_min_duration',
            explainMs === 0,
            'plans are logged, with values where the version can',
            '-1',
          ),
        ]
      : []),
    ...(audits
      ? [leak('pgaudit.log_parameter', true, 'every audited statement is logged with its values', 'off')]
      : []),
  ]
}
