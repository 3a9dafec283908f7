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
    node: '',
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
