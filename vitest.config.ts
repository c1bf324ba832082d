import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

// One project for all packages: its workers load a module once, and none of them waits for the last file of a package.
export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/test/**/*.test.ts"],
    testTimeout: 60_000,
    pool: "forks",
    // Tests also wait: for processes, browsers and disks.
    maxWorkers: availableParallelism() + 1,
    minWorkers: 1,
    poolOptions: {
      forks: {
        isolate: false,
        // Tests allocate much that lives for a moment, which the default of 16 MB promotes and collects at a high cost.
        execArgv: ["--max-semi-space-size=64"]
      }
    }
  }
})
