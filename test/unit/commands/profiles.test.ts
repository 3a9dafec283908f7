import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { describedProfiles, profilesCommand } from '../../../src/commands/profiles.ts'
import { profilesPage } from '../../../src/commands/profiles-page.ts'

async function run(...args: readonly string[]): Promise<string> {
  let said = ''
  const context = {
    args,
    env: {},
    cwd: process.cwd(),
    out: (text: string) => {
      said += text
    },
  }
  expect(await profilesCommand.run(context as never)).toBe(0)
  return said
}

test('docs/profiles.md is what `npm run profiles` writes', () => {
  expect(readFileSync('docs/profiles.md', 'utf8')).toBe(
    profilesPage(describedProfiles('devices/profiles', '.')),
  )
})

test('the command names every known device, and shows one with its addresses as its manual prints them', async () => {
  expect(await run()).toContain('eastron-sdm630         Eastron SDM630 power meters')
  const shown = await run('advantech-adam-6000')
  expect(shown).toContain('| `di0` | `00001` | `bit` |')
  expect(shown).toContain('**Variant `adam-6060`**: six inputs, six relays')
})

test('a misspelt profile is asked back', async () => {
  await expect(run('eastron-sdm360')).rejects.toThrow('did you mean "eastron-sdm630"?')
})
