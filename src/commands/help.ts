/** What `--help` says: of one command, and of all. */
import type { Command } from './command.ts'

const TITLE = 'millrace: machine status and downtime from PLCs into PostgreSQL, exactly once'

/** How a command is called, what its exit codes mean, a call to learn from, and where to read on. */
export function helpText({ summary, usage, exits, example, page }: Command): string {
  return [
    summary,
    '',
    usage,
    '',
    'Exit codes:',
    ...exits.map((exit) => `  ${exit}`),
    '',
    `Example: ${example}`,
    `More: ${page}`,
    '',
  ].join('\n')
}

/** All commands, a line each. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return `${TITLE}\n\n${lines.join('\n')}\n\nmillrace COMMAND --help says more; millrace --version names the version.\n`
}

/** The options that a command's usage names, such as `--json`, each once. */
export function optionsOf({ usage }: Pick<Command, 'usage'>): readonly string[] {
  return [...new Set([...(usage.match(/--[a-z][a-z-]*/g) ?? []), '--help'])]
}
