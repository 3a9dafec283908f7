/** What `trust` says of a server that is named in a way that cannot be meant. */
import { expect, it } from 'vitest'
import { trustCommand } from '../../../src/commands/trust.ts'

it.each([
  ['10.20.3.40', 'it does not begin with opc.tcp://'],
  ['opc.tcp://10.20.3.40:99999', 'no port is 99999: they are 1 to 65535'],
  ['opc.tcp://fe80::1:4840', 'an IPv6 address stands in brackets'],
  ['opc.tcp://10.20.3.40:', 'behind the colon stands no port'],
  ['opc.tcp://10.20.3.40/a b', 'it has a blank in it'],
  ['opc.tcp://:4840', 'it names no host'],
  ['opc.tcp://10.20.3.999', 'no number of an IP address is over 255'],
  ['opc.tcp://gateway:secret@10.20.3.40', 'a URL holds nobody who logs in'],
])('the server %s is refused with the reason', async (url, reason) => {
  const signal = AbortSignal.abort()
  const context = { args: [url], env: {}, cwd: '.', out: () => {}, err: () => {}, signal, terminal: {} }
  const asked = trustCommand.run(context as unknown as Parameters<typeof trustCommand.run>[0])
  await expect(asked).rejects.toThrow(reason)
  await expect(asked).rejects.not.toThrow('secret')
})
