/** Words that a room must not use, because what they reach for is handed in, or must never happen. */
import { codeOnly } from './imports.ts'

interface Ban {
  readonly words: RegExp
  readonly because: string
  applies(file: string): boolean
}

/** They run under a simulated world, so time and chance come from outside. */
const SIMULATED = ['src/domain/', 'src/status/', 'src/scans/', 'src/uploader/']
/** Turns milliseconds into text and back; never asks what time it is. */
const TEXT_OF_TIME = 'src/domain/instant.ts'

const BANS: readonly Ban[] = [
  {
    words: /\b(?:Date|setTimeout|setInterval|setImmediate|performance|Math\.random)\b/,
    because: 'time and randomness are handed in',
    applies: (file) => SIMULATED.some((folder) => file.startsWith(folder)) && file !== TEXT_OF_TIME,
  },
  {
    words: /\bprocess\.\w+/,
    because: 'only main.ts touches the process',
    applies: (file) => file.startsWith('src/') && !PROCESS_DOORS.includes(file),
  },
  {
    // Every writing call of modbus-serial (its writeFC1 to 4 and 43 are reads), and of an OPC UA session.
    words:
      /\.(?:writeFC(?!(?:[1-4]|43)\b)\d+|writeCoils?|writeRegisters?|maskWriteRegister)\b|\b[sS]ession\.(?:write|call)\w*\b/,
    because: 'the gateway never writes to a PLC',
    applies: (file) => file.startsWith('src/'),
  },
]

/** main.ts, and the clock, which is the door to the process's own. */
const PROCESS_DOORS = ['src/main.ts', 'src/runtime/clock.ts']

/** What one file says that it must not. */
export function banFaults(file: string, text: string): readonly string[] {
  const code = codeOnly(text)
  return BANS.filter((ban) => ban.applies(file)).flatMap((ban) => {
    const word = ban.words.exec(code)?.[0]
    return word ? [`${file} says ${word}: ${ban.because}`] : []
  })
}
