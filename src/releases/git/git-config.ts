/**
 * The only configuration that git reads here. Hooks, filters, submodules, links and redirects are off, one protocol is allowed, and what
 * comes is checked. A login comes through a pipe, so that it stands in no argument, environment or file of ours.
 */
import type { GitSource } from '../settings.ts'
import { LOGIN_PIPE } from './run-git.ts'

/** So slow for so long, a transfer is given up. */
const SLOW_BYTES_S = 200
const SLOW_S = 30
const SSH_CONNECT_S = 20

/** The text of the file. */
export function gitConfig(source: GitSource): string {
  const { url, caFile, allowedSignersFile } = source
  const helper = `!f() { [ "$1" = get ] && cat <&${LOGIN_PIPE}; }; f`
  const sections: readonly (readonly [section: string, keys: Readonly<Record<string, string>>])[] = [
    [
      'core',
      { hooksPath: '/dev/null', fsmonitor: 'false', symlinks: 'false', sshCommand: sshCommand(source) },
    ],
    ['init', { templateDir: '' }],
    ['protocol', { allow: 'never' }],
    ...(url === undefined ? [] : [[`protocol "${protocolOf(url)}"`, { allow: 'always' }] as const]),
    ['transfer', { fsckObjects: 'true' }],
    ['fetch', { recurseSubmodules: 'false', writeCommitGraph: 'false' }],
    ['gc', { auto: '0' }],
    ['maintenance', { auto: 'false' }],
    [
      'http',
      {
        sslVerify: 'true',
        followRedirects: 'false',
        lowSpeedLimit: String(SLOW_BYTES_S),
        lowSpeedTime: String(SLOW_S),
        ...(caFile !== undefined && { sslCAInfo: caFile }),
      },
    ],
    ['credential', { helper }],
    ['gpg', { format: 'ssh', program: '/bin/false', minTrustLevel: 'fully' }],
    ['gpg "x509"', { program: '/bin/false' }],
    ['gpg "ssh"', { program: 'ssh-keygen', allowedSignersFile: allowedSignersFile ?? '/dev/null' }],
  ]
  return sections.map(([name, keys]) => `[${name}]\n${keyLines(keys)}`).join('')
}

function keyLines(keys: Readonly<Record<string, string>>): string {
  return Object.entries(keys)
    .map(([key, value]) => `\t${key} = "${value.replaceAll(/["\\]/g, '\\$&')}"\n`)
    .join('')
}

function protocolOf(url: string): string {
  return URL.canParse(url) && !/^[\w.-]+@/.test(url) ? new URL(url).protocol.replace(':', '') : 'ssh'
}

/** It asks nobody, trusts no host by itself and offers no other key. */
function sshCommand({ keyFile, knownHostsFile = '/dev/null' }: GitSource): string {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHostsFile}`,
    'GlobalKnownHostsFile=/dev/null',
    'IdentitiesOnly=yes',
    `ConnectTimeout=${SSH_CONNECT_S}`,
    'ForwardAgent=no',
    'ClearAllForwardings=yes',
  ]
  const key = keyFile === undefined ? [] : ['-i', keyFile]
  return ['ssh', '-F', '/dev/null', ...options.flatMap((option) => ['-o', option]), ...key]
    .map(quoted)
    .join(' ')
}

function quoted(word: string): string {
  return /^[\w./=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
