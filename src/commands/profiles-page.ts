/** Profiles as a page in Markdown: of one, and of all. */
import type { ModelDescription, ProfileDescription, SignalDescription } from '../maps/profiles/described.ts'

/** What stands above the profiles. */
const HEAD = `# Profiles

Profiles of known devices: where their values are, in which form, and what a technician has to know. A map takes one with
\`profile: NAME\`; [configuration.md](configuration.md#device-maps) says how, and \`millrace profiles NAME\` shows one at the command
line. Signals that are *optional* are read only where the map names them. An address stands as the manual prints it, unless the
text says otherwise.

The files are in \`devices/profiles/\`. A profile of your own lies beside them, under a name of your own. What is not here can be read
all the same: write the addresses of your manual into the map. Registers that could not be established from documents that
anybody can read were left out, and so were whole devices of which that holds (Mitsubishi FR-A800, Lenze i550, ifm IO-Link
masters). Haas mills speak a protocol of their own (MDC), for which there is no driver yet.

This page is written by \`npm run profiles\`; a test compares it with the files.
`

/** The whole page. */
export function profilesPage(profiles: readonly ProfileDescription[]): string {
  const rows = profiles.map(
    ({ name, maker, products, models }) =>
      `| [\`${name}\`](#${name}) | ${maker ?? ''} | ${(products ?? []).join(', ')} | ${variantsOf(models)} |`,
  )
  const table = ['| Profile | Maker | Devices | Variants |', '|---|---|---|---|', ...rows].join('\n')
  return [HEAD, table, '', ...profiles.map(profileText)].join('\n')
}

/** One profile. */
export function profileText(profile: ProfileDescription): string {
  const { name, text, models, parameters, notes, sources } = profile
  const standard =
    profile.default === undefined ? '' : ` \`${profile.default}\` holds where the map names none.`
  const variants = variantsOf(models)
  return [
    `## ${name}\n`,
    `${text ?? ''}\n`,
    ...(variants === '' ? [] : [`Variants: ${variants}.${standard}\n`]),
    ...words(parameters),
    ...models.flatMap(modelText),
    ...bullets('To know', notes ?? []),
    ...bullets('Sources', (sources ?? []).map(sourceText)),
  ].join('\n')
}

function variantsOf(models: readonly ModelDescription[]): string {
  return models.flatMap(({ variant }) => (variant === undefined ? [] : `\`${variant}\``)).join(', ')
}

function words(parameters: ProfileDescription['parameters']): readonly string[] {
  const asked = Object.entries(parameters ?? {})
  if (asked.length === 0) return []
  const rows = asked.map(
    ([word, { text, example, default: standard }]) =>
      `| \`${word}\` | ${text} | ${code(standard ?? example)} | ${standard === undefined ? 'the map must say it' : 'unless written'} |`,
  )
  return ['| Under `with` | What is asked for | Such as | |', '|---|---|---|---|', ...rows, '']
}

function modelText({ variant, text, settings, line, signals }: ModelDescription): readonly string[] {
  const title = variant === undefined ? [] : [`**Variant \`${variant}\`**${text ? `: ${text}` : ''}\n`]
  const device = settings.length === 0 ? [] : [`Device: \`${settings.join(', ')}\`\n`]
  const serial = line.length === 0 ? [] : [`Serial line as it leaves the factory: \`${line.join(', ')}\`\n`]
  const head = ['| Signal | Address | Type | Unit | |', '|---|---|---|---|---|']
  const table = signals.length === 0 ? [] : [...head, ...signals.map(signalRow), '']
  return [...title, ...device, ...serial, ...table]
}

function signalRow({ name, address, type, unit, isOptional, more }: SignalDescription): string {
  const rest = [...(isOptional ? ['optional'] : []), ...more.map((pair) => `\`${pair}\``)]
  return `| \`${name}\` | ${code(address)} | ${code(type)} | ${unit} | ${rest.join(', ')} |`
}

function code(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``
}

function bullets(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:\n`, ...lines.map((line) => `- ${line}`), '']
}

function sourceText({
  title,
  edition,
  page,
  url,
  seen_in: seenIn,
}: NonNullable<ProfileDescription['sources']>[number]): string {
  const named = url === undefined ? title : `[${title}](${url})`
  const parts = [named, edition, page, seenIn && `read in ${seenIn}`]
  return parts.filter((part) => part !== undefined).join(', ')
}
