import { describe, expect, it } from 'vitest'
import { runCommandLine } from '../../../src/commands/command-line.ts'

async function answerTo(...argv: readonly string[]) {
  let err = ''
  const write = (text: string) => {
    err += text
  }
  const { signal } = new AbortController()
  const context = {
    env: {},
    cwd: '/',
    out: write,
    err: write,
    signal,
    onReload: () => () => {},
    unfinished: new Set<string>(),
  }
  const code = await runCommandLine(argv, {
    ...context,
    isTerminal: false,
    isErrTerminal: false,
    node: '',
    nodeOptions: [],
    program: '',
    mayStopWithin: () => {},
  })
  return { code, err }
}

describe('a command that there is not', () => {
  it('is answered with the nearest that there is', async () => {
    expect(await answerTo('chek')).toEqual({
      code: 2,
      err: 'millrace: there is no command "chek"; did you mean "check"?\n',
    })
  })

  it.each(['rules', 'tags'])('such as %s is not taken for a word of the device maps', async (word) => {
    expect(await answerTo(word)).toEqual({ code: 2, err: `millrace: there is no command "${word}"\n` })
  })
})

describe('help and version', () => {
  it.each(['--version', '-V', 'version'])('%s names the version', async (word) => {
    expect(await answerTo(word)).toEqual({
      code: 0,
      err: expect.stringMatching(/^millrace \d+\.\d+\.\d+\n$/),
    })
  })

  it.each([
    ['check', '--help'],
    ['check', '-h'],
    ['help', 'check'],
  ])('%s %s says how it is called, its exit codes, an example and where to read on', async (...argv) => {
    const { code, err } = await answerTo(...argv)
    expect(code).toBe(0)
    expect(err).toContain('millrace check [--config')
    expect(err).toContain('  2 faults')
    expect(err).toContain('Example: millrace check')
    expect(err).toContain('docs/configuration.md')
  })

  it.each(['--help', '-h', 'help'])('%s lists every command', async (word) => {
    expect((await answerTo(word)).err).toMatch(/ run .*\n {2}check /)
  })
})

describe('an option', () => {
  it('before its command is answered with the right order', async () => {
    const err = 'millrace: the command comes first: millrace check --config …\n'
    expect(await answerTo('--config', 'x.yaml', 'check')).toEqual({ code: 2, err })
  })

  it('that there is not is answered with the nearest that there is', async () => {
    const { code, err } = await answerTo('check', '--jsno')
    expect(code).toBe(2)
    expect(err).toMatch(/^millrace check: there is no option --jsno; did you mean --json\?\n/)
  })
})

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s knows every command', async (shell) => {
    const { code, err } = await answerTo('completion', shell)
    expect(code).toBe(0)
    for (const word of ['run', 'check', 'status', 'config']) expect(err).toContain(word)
  })

  it('for a shell that it does not know says which it does', async () => {
    expect(await answerTo('completion', 'ksh')).toMatchObject({
      code: 2,
      err: expect.stringContaining('bash, zsh or fish'),
    })
  })
})
