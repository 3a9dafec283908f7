/** Device maps out of a git repository, through the system's git. */
import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeRepository, makeSigner, secretFile, serveRepository } from '../../support/git-repository.ts'
import { codesOf, releasedMap, releaseSite } from '../../support/release-site.ts'

const PRESS = { 'devices/press-07.yaml': releasedMap('PRESS-07') }
const OTHER = { 'devices/press-07.yaml': releasedMap('PRESS-07', 40_102) }

/** A site with a checkout on its own disk. */
function checkoutSite() {
  const site = releaseSite()
  const repository = makeRepository(join(site.folder, 'checkout'))
  return { site, repository, section: `{git: {path: ${repository.folder}}}` }
}

describe('a checkout that somebody else keeps up to date', () => {
  test('brings the maps of its commit, and each newer one', async () => {
    const { site, repository, section } = checkoutSite()
    const first = repository.commit({ ...PRESS, 'README.md': 'maps of the plant' })
    const { summary, troubles } = await site.look(section)
    expect(troubles).toEqual([])
    expect(summary).toMatchObject({
      kind: 'git',
      from: repository.folder,
      release: `git-${first.slice(0, 12)}`,
      signer: null,
    })
    expect(site.maps()).toEqual({ 'press-07.yaml': PRESS['devices/press-07.yaml'] })
    const second = repository.commit(OTHER)
    expect((await site.look(section)).summary.release).toBe(`git-${second.slice(0, 12)}`)
    expect(site.maps()).toEqual({ 'press-07.yaml': OTHER['devices/press-07.yaml'] })
    // The one before it is kept, and no other.
    repository.commit(PRESS)
    await site.look(section)
    expect(site.kept()).toHaveLength(3)
  })

  test('counts with what is committed, and never with files that are half way', async () => {
    const { site, repository, section } = checkoutSite()
    repository.commit(PRESS)
    await site.look(section)
    writeFileSync(join(repository.folder, 'devices', 'press-07.yaml'), 'machine: PRESS')
    expect(codesOf(await site.look(section))).toEqual([])
    expect(site.maps()).toEqual({ 'press-07.yaml': PRESS['devices/press-07.yaml'] })
  })

  test('is read as a worktree, as a shallow clone, with packed references and from a folder within it', async () => {
    const { site, repository } = checkoutSite()
    for (const register of [40_101, 40_102, 40_103])
      repository.commit({ 'plants/sav-1/devices/press-07.yaml': releasedMap('PRESS-07', register) })
    const within = 'folder: plants/sav-1'
    repository.git('worktree', 'add', '--quiet', '--detach', join(site.folder, 'tree'), 'HEAD~1')
    const tree = await site.look(`{git: {path: ${join(site.folder, 'tree')}, ${within}}}`)
    expect(tree.troubles).toEqual([])
    expect(site.maps()['press-07.yaml']).toContain('40102')
    repository.git(
      'clone',
      '--quiet',
      '--depth=1',
      `file://${repository.folder}`,
      join(site.folder, 'shallow'),
    )
    const shallow = await site.look(`{git: {path: ${join(site.folder, 'shallow')}, ${within}}}`)
    expect(shallow.troubles).toEqual([])
    expect(site.maps()['press-07.yaml']).toContain('40103')
    repository.git('pack-refs', '--all')
    repository.git('gc', '--quiet')
    expect((await site.look(`{git: {path: ${repository.folder}, ${within}}}`)).troubles).toEqual([])
  })

  test('of another user runs nothing that its configuration names', async () => {
    const { site, repository, section } = checkoutSite()
    const seen = join(site.folder, 'ran')
    const program = join(site.folder, 'program')
    writeFileSync(program, `#!/bin/sh\ntouch ${seen}\n`)
    chmodSync(program, 0o755)
    repository.commit({
      ...PRESS,
      '.gitattributes': '* filter=evil\n',
      'devices/.gitattributes': '* filter=evil\n',
    })
    for (const key of [
      'core.fsmonitor',
      'filter.evil.smudge',
      'core.sshCommand',
      'uploadpack.packObjectsHook',
    ])
      repository.git('config', key, program)
    const hooks = join(repository.folder, '.git', 'hooks')
    mkdirSync(hooks, { recursive: true })
    for (const hook of ['post-checkout', 'reference-transaction']) symlinkSync(program, join(hooks, hook))
    if (process.getuid?.() === 0) chownSync(join(repository.folder, '.git'), 65_534, 65_534)
    expect((await site.look(section)).troubles).toEqual([])
    expect(readdirSync(site.folder)).not.toContain('ran')
  })

  test('that is gone leaves the release in force, and says so where there is none', async () => {
    const { site, repository, section } = checkoutSite()
    const nothing = await site.look(section)
    expect(codesOf(nothing)).toEqual(['release-unreachable'])
    expect(nothing.troubles[0]?.what).toContain('has nothing checked out')
    repository.commit(PRESS)
    await site.look(section)
    const looks = site.looks(`{git: {path: ${join(site.folder, 'gone')}}}`)
    expect(codesOf(await looks())).toEqual([])
    await looks()
    expect(codesOf(await looks())).toEqual(['release-unreachable'])
    expect(site.maps()).toEqual({ 'press-07.yaml': PRESS['devices/press-07.yaml'] })
  })
})

describe('what is not taken', () => {
  test.for([
    [
      'a fault in a map',
      { 'devices/press-07.yaml': 'machine: PRESS-07\n' },
      /devices\/press-07.yaml:1:1: .*device/,
    ],
    ['a fault in a route', { ...PRESS, 'routes/stamps.yaml': 'route: stamps\n' }, /routes\/stamps.yaml/],
    ['two maps of one machine', { ...PRESS, 'devices/b.yaml': releasedMap('PRESS-07') }, /PRESS-07/],
    ['no map at all', { 'README.md': 'nothing' }, /no device map/],
    ['a private key', { ...PRESS, 'devices/ca.pem': '-----BEGIN PRIVATE KEY-----\n' }, /private key/],
    [
      'a pointer of git LFS',
      { ...PRESS, 'devices/codes.csv': 'version https://git-lfs.github.com/spec/v1\n' },
      /LFS/,
    ],
    ['a file that is too large', { ...PRESS, 'devices/codes.csv': 'x'.repeat(1_000_001) }, /1000001 bytes/],
    ['a name that nothing reads', { ...PRESS, 'devices/press[1].yaml': 'machine: B\n' }, /no name of a file/],
    [
      'a map that asks for the gateway’s own files',
      {
        'devices/press-07.yaml': `${releasedMap('PRESS-07').replace('port: 1502', 'port: 1502, key_file: ../../../../gateway.yaml')}`,
      },
      /belongs to the gateway itself/,
    ],
  ] as const)('%s', async ([, texts, why]) => {
    const { site, repository, section } = checkoutSite()
    repository.commit(PRESS)
    await site.look(section)
    repository.commit(texts)
    const { summary, troubles } = await site.look(section)
    expect(troubles).toMatchObject([{ code: 'release-refused', what: expect.stringMatching(why) }])
    expect(troubles[0]?.hint).toContain(`${summary.release} stays in force`)
    expect(site.maps()).toEqual({ 'press-07.yaml': PRESS['devices/press-07.yaml'] })
    repository.commit(OTHER)
    expect((await site.look(section)).troubles).toEqual([])
  })

  test('links and submodules in its tree', async () => {
    const { site, repository, section } = checkoutSite()
    repository.commit(PRESS)
    symlinkSync('/etc/passwd', join(repository.folder, 'devices', 'codes.csv'))
    repository.git('add', '--all')
    repository.git('commit', '--quiet', '-m', 'link')
    expect((await site.look(section)).troubles[0]?.what).toContain('"devices/codes.csv" is a link')
    repository.git('rm', '--quiet', '--cached', 'devices/codes.csv')
    const commit = repository.git('rev-parse', 'HEAD')
    repository.git('update-index', '--add', '--cacheinfo', `160000,${commit},devices/more`)
    repository.git('commit', '--quiet', '-m', 'submodule')
    expect((await site.look(section)).troubles[0]?.what).toContain('"devices/more" is a submodule')
    expect(site.maps()).toEqual({})
  })

  test('an older commit, or one that the history was rewritten to; a revert is', async () => {
    const { site, repository, section } = checkoutSite()
    repository.commit(PRESS, { date: '2026-01-02T00:00:00Z' })
    const second = repository.commit(OTHER, { date: '2026-01-03T00:00:00Z' })
    await site.look(section)
    repository.git('reset', '--quiet', '--hard', 'HEAD~1')
    const older = await site.look(section)
    expect(older.troubles[0]?.what).toContain(`is older than ${second.slice(0, 12)}, which is in force`)
    expect(older.troubles[0]?.hint).toContain('git revert')
    repository.commit(PRESS, { date: '2026-01-02T12:00:00Z' })
    expect(codesOf(await site.look(section))).toEqual(['release-refused'])
    expect(site.maps()).toEqual({ 'press-07.yaml': OTHER['devices/press-07.yaml'] })
    repository.git('reset', '--quiet', '--hard', second)
    // Its clock is slow, and it stands on what is in force.
    repository.commit(PRESS, { date: '2026-01-01T00:00:00Z' })
    expect(codesOf(await site.look(section))).toEqual([])
    expect(site.maps()).toEqual({ 'press-07.yaml': PRESS['devices/press-07.yaml'] })
  })

  test('a commit that nobody has signed, or somebody else', async () => {
    const { site, repository } = checkoutSite()
    const anna = makeSigner(site.folder, 'anna')
    const mallory = makeSigner(site.folder, 'mallory')
    const signers = join(site.folder, 'allowed-signers')
    writeFileSync(signers, anna.line)
    const section = `{git: {path: ${repository.folder}, allowed_signers_file: allowed-signers}}`
    repository.commit(PRESS)
    expect((await site.look(section)).troubles[0]?.what).toContain('is not signed by anybody')
    repository.commit(PRESS, { signedWith: mallory.key })
    expect((await site.look(section)).troubles[0]?.what).toContain('is not signed by anybody')
    expect(site.maps()).toEqual({})
    repository.commit(PRESS, { signedWith: anna.key })
    const { summary, troubles } = await site.look(section)
    expect(troubles).toEqual([])
    expect(summary.signer).toBe('anna@plant.example')
    repository.commit(OTHER)
    expect(codesOf(await site.look(section))).toEqual(['release-refused'])
    expect(site.maps()).toEqual({ 'press-07.yaml': PRESS['devices/press-07.yaml'] })
  })
})

describe('a repository behind HTTPS', () => {
  async function served() {
    const site = releaseSite()
    const repository = makeRepository(join(site.folder, 'source'))
    const server = await serveRepository(repository, site.folder)
    onTestFinished(() => server[Symbol.asyncDispose]())
    secretFile(site.folder, server.password)
    const login = `user: ${server.user}, password_file: git-password, ca_file: ${server.caFile}`
    return { site, repository, server, login, section: `{git: {url: "${server.url}", ${login}}}` }
  }

  test('is fetched with a password that stands in no argument and no line of the log', async () => {
    const { site, repository, server, section } = await served()
    repository.commit(PRESS)
    const looks = site.looks(section)
    expect((await looks()).troubles).toEqual([])
    expect(site.maps()).toEqual({ 'press-07.yaml': PRESS['devices/press-07.yaml'] })
    const asked = server.asked.length
    await looks()
    // Nothing is new: it only asks for the tip of the branch.
    expect(server.asked.length - asked).toBeLessThan(asked)
    repository.commit(OTHER)
    expect((await looks()).troubles).toEqual([])
    expect(site.maps()).toEqual({ 'press-07.yaml': OTHER['devices/press-07.yaml'] })
    expect(site.logText()).not.toContain(server.password)
  })

  test('with another password, an unknown certificate or a redirect stays untouched, and says what to do', async () => {
    const { site, repository, server, login, section } = await served()
    repository.commit(PRESS)
    const first = async (configuration: string) => (await site.look(configuration)).troubles[0]
    const unknown = await first(`{git: {url: "${server.url}", user: reader, password_file: git-password}}`)
    expect(unknown).toMatchObject({ code: 'release-unreachable', hint: expect.stringContaining('ca_file') })
    server.misbehaves = (request, response) =>
      response.writeHead(302, { location: `https://127.0.0.1:1${request.url}` }).end()
    expect(await first(section)).toMatchObject({ hint: expect.stringContaining('redirects to') })
    server.misbehaves = (_, response) => response.destroy()
    expect(await first(section)).toMatchObject({ code: 'release-unreachable' })
    server.misbehaves = undefined
    secretFile(site.folder, 'wrong-canary')
    const refused = await first(`{git: {url: "${server.url}", ${login}}}`)
    expect(refused).toMatchObject({ hint: expect.stringContaining('password_file') })
    expect(JSON.stringify(refused) + site.logText()).not.toContain('wrong-canary')
    expect(site.maps()).toEqual({})
  })

  test('a branch that is not there is named', async () => {
    const { site, repository, server, login } = await served()
    repository.commit(PRESS)
    const { troubles } = await site.look(`{git: {url: "${server.url}", branch: plant, ${login}}}`)
    expect(troubles[0]?.what).toContain('there is no branch plant in it')
  })
})
