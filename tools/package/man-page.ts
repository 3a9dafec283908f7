/** The manual page, made of what the commands say of themselves at `--help`. */
import type { Command } from '../../src/commands/command.ts'
import type { Release } from './checkout.ts'

/** @returns millrace.1 */
export function manPage(commands: readonly Command[], { version, epochSeconds }: Release): string {
  const date = new Date(epochSeconds * 1_000).toISOString().slice(0, 'yyyy-mm-dd'.length)
  return [
    `.TH MILLRACE 1 "${date}" "millrace ${version}" "Plant-floor gateway"`,
    '.SH NAME',
    'millrace \\- machine status and downtime from PLCs into PostgreSQL, exactly once',
    '.SH SYNOPSIS',
    '.B millrace',
    '.I COMMAND',
    '[options]',
    '.SH DESCRIPTION',
    'The gateway itself is',
    '.B millrace run',
    '(as a service: systemctl status millrace). All other commands ask it, its files, its devices or central.',
    ...commands.flatMap(section),
    '.SH FILES',
    ...FILES.flatMap(([file, what]) => ['.TP', `.I ${escaped(file)}`, escaped(what)]),
    '.SH SEE ALSO',
    '.BR systemctl (1),',
    '.BR journalctl (1),',
    'and the pages in /usr/share/doc/millrace.',
    '',
  ].join('\n')
}

const FILES = [
  ['/etc/millrace/gateway.yaml', 'the configuration'],
  ['/etc/millrace/devices', 'the device maps, one a machine or scanner'],
  ['/etc/millrace/routes', 'where events go besides central'],
  ['/etc/millrace/secrets', 'passwords, a file each'],
  ['/etc/default/millrace', 'environment of the service'],
  ['/var/lib/millrace', 'the log of events, keys, certificates and last good maps'],
] as const

function section({ name, summary, usage, exits, example, page }: Command): readonly string[] {
  return [
    `.SH ${escaped(name).toUpperCase()}`,
    escaped(`${summary}.`),
    '.PP',
    '.nf',
    ...usage.split('\n').map(escaped),
    '.fi',
    '.PP',
    'Exit status:',
    ...exits.flatMap((exit) => ['.br', escaped(exit)]),
    '.PP',
    `Example: ${escaped(example)}`,
    '.br',
    `More: ${escaped(page)}`,
  ]
}

/** Neither a backslash, a hyphen nor a dot at the beginning of a line means anything to the reader of the page. */
function escaped(line: string): string {
  return line.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/, '\\&$&')
}
