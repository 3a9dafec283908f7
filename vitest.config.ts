import { defineConfig } from 'vitest/config'
import { MixedOrder } from './test/order.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/one-cluster.ts', 'test/one-build.ts'],
    // Native addons and child processes: one process a file, so that a crash takes one file with it.
    pool: 'forks',
    // What src/node.sh adds for the runtime is meant for the processes of the tests as well.
    execArgv: process.execArgv,
    // Most files wait half of their time: test/integration/drivers and test/integration/gateway take 600 s of processor time with three
    // workers as with two, and 640 with four.
    maxWorkers: 3,
    sequence: { sequencer: MixedOrder },
    // Node.js runs the tests' TypeScript by itself, as it does the program's. Vitest's own modules reach what they import through an
    // object, each time: a life of test/simulation takes a fifth more processor time so.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // None takes so long by itself. A busy computer of two cores, which plays a whole plant in two tests at once, may.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // The default of a second judges the computer, and not the program.
    expect: { poll: { timeout: 60_000 } },
  },
})
