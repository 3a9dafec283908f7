/** `millrace profiles`: which devices are known, and what is known of one. */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { guessFolders, loadConfigWithoutSecrets } from '../config/load-config.ts'
import { nearestWord } from '../documents/nearest-word.ts'
import { ConfigError } from '../domain/errors.ts'
import { describeProfile, type ProfileDescription } from '../maps/profiles/described.ts'
import { folderShelf, PROFILES_FOLDER } from '../maps/profiles/shelf.ts'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { CONFIG_OPTION, configFile } from './options.ts'
import { profilesPage, profileText } from './profiles-page.ts'

/** The page that lists the profiles, relative to a checkout. */
const PAGE = 'docs/profiles.md'

export const profilesCommand: Command = {
  name: 'profiles',
  summary: 'lists the devices whose registers are known, or shows what is known of one',
  usage: `millrace profiles [NAME] [--config config/gateway.yaml] [--write]
    --write writes all of them into ${PAGE}`,
  exits: ['0 shown or written', '2 there is no such profile'],
  example: 'millrace profiles eastron-sdm630',
  page: PAGE,
  async run(context) {
    const options = { ...CONFIG_OPTION, write: { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ args: [...context.args], options, allowPositionals: true })
    const profiles = describedProfiles(profilesFolder(values, context), context.cwd)
    if (values.write) {
      writeFileSync(resolve(context.cwd, PAGE), profilesPage(profiles))
      context.out(`${PAGE}\n`)
      return 0
    }
    const [name] = positionals
    context.out(name === undefined ? listed(profiles) : profileText(named(name, profiles)))
    return 0
  },
}

/** Every sound profile of a folder, in the order of the names. */
export function describedProfiles(folder: string, cwd: string): readonly ProfileDescription[] {
  const shelf = folderShelf(folder, cwd)
  return shelf.names().flatMap((name) => {
    const source = shelf.find(name)
    return (source && describeProfile(name, source)) ?? []
  })
}

function profilesFolder(
  values: { readonly config?: string | undefined },
  { env, cwd }: CommandContext,
): string {
  const source = { file: configFile(values, cwd), env, cwd }
  try {
    return join(loadConfigWithoutSecrets(source).devicesFolder, PROFILES_FOLDER)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return join(guessFolders(source).devicesFolder, PROFILES_FOLDER)
  }
}

function listed(profiles: readonly ProfileDescription[]): string {
  const width = Math.max(0, ...profiles.map(({ name }) => name.length))
  return profiles.map(({ name, text }) => `${name.padEnd(width)}  ${text ?? ''}\n`).join('')
}

function named(name: string, profiles: readonly ProfileDescription[]): ProfileDescription {
  const found = profiles.find((profile) => profile.name === name)
  if (found) return found
  const nearest = nearestWord(
    name,
    profiles.map((profile) => profile.name),
  )
  const hint = nearest ? `did you mean "${nearest}"?` : 'millrace profiles lists them'
  throw new UsageError(`there is no profile "${name}"; ${hint}`)
}
