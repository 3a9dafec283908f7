/** `millrace completion`: lets a shell complete commands and their options. */
import { parseArgs } from 'node:util'
import { type Command, UsageError } from './command.ts'
import { optionsOf } from './help.ts'

/** The shells that a script can be made for. */
const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

/** What makes a shell complete commands and their options. */
export function completionScript(shell: keyof typeof SHELLS, commands: readonly Command[]): string {
  return SHELLS[shell](commands)
}

/** @param all loads every command, this one included */
export function completionCommand(all: () => Promise<readonly Command[]>): Command {
  return {
    name: 'completion',
    summary: 'prints a script that lets the shell complete commands and options',
    usage: 'millrace completion bash | zsh | fish',
    exits: ['0 printed', '2 no such shell'],
    example: 'millrace completion bash > /etc/bash_completion.d/millrace',
    page: 'README.md, Commands',
    async run({ args, out }) {
      const { positionals } = parseArgs({ args: [...args], allowPositionals: true })
      const script = SHELLS[positionals[0] as keyof typeof SHELLS]
      if (!script || positionals.length > 1) throw new UsageError('name one shell: bash, zsh or fish')
      out(script(await all()))
      return 0
    },
  }
}

function names(commands: readonly Command[]): string {
  return commands.map(({ name }) => name).join(' ')
}

function bashScript(commands: readonly Command[]): string {
  const cases = commands.map((command) => `    ${command.name}) words="${optionsOf(command).join(' ')}" ;;`)
  return `_millrace() {
  local words="${names(commands)} --help --version"
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${names(commands)} --help --version"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _millrace millrace
`
}

/** zsh understands what bash does. */
function zshScript(commands: readonly Command[]): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(commands)}`
}

function fishScript(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c millrace -n __fish_use_subcommand -f -a ${command.name} -d '${command.summary.replaceAll("'", "\\'")}'`,
    ...optionsOf(command).map(
      (option) =>
        `complete -c millrace -n '__fish_seen_subcommand_from ${command.name}' -l ${option.slice(2)}`,
    ),
  ])
  return `${lines.join('\n')}\n`
}
