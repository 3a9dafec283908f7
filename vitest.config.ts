import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Native addons and child processes: one process a file, so that a crash takes one file with it.
    pool: 'forks',
    // What src/node.sh adds for the runtime is meant for the processes of the tests as well.
    execArgv: process.execArgv,
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
