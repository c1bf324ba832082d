import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/**
 * The files that start first. The behaviours take longest, and their `fetch` is Node's only in a process that did not import
 * undici. The next two measure memory, which is slow in a process that has much of it. The others are the next slowest.
 */
const first = [
  "client/test/Behaviours.test.ts",
  "client/test/Pagination.test.ts",
  "client/test/Soak.test.ts",
  "contract-tests/test/Suite.test.ts",
  "contract-tests/test/Resources.test.ts",
  "emulator/test/Pages.test.ts",
  "emulator/test/Emulator.test.ts",
  "emulator/test/Cli.test.ts",
  "emulator/test/Hostile.test.ts",
  "emulator/test/Fuzz.test.ts",
  "contract-tests/test/Mutations.test.ts",
  "contract-tests/test/OnSqlite.test.ts",
  "contract-tests/test/OnMemory.test.ts",
  "emulator/test/Kill.test.ts",
  "client/test/BehavioursBeside.test.ts",
  "client/test/Fuzz.test.ts",
  "client/test/SecretsOfOperations.test.ts",
  "bench/test/contestants.test.ts"
]

const rank = ({ moduleId }: TestSpecification): number => {
  const index = first.findIndex((file) => moduleId.endsWith(`/${file}`))
  return index === -1 ? first.length : index
}

class Sequencer extends BaseSequencer {
  override async sort(files: Array<TestSpecification>) {
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other))
  }
}

/** One more than there are cores: tests also wait, for processes, browsers and disks. */
const workers = availableParallelism() + 1

// How the tests run. `vitest.workspace.ts` has their files.
export default defineConfig({
  test: {
    testTimeout: 60_000,
    setupFiles: ["./scripts/vitest-setup.mjs"],
    pool: "forks",
    maxWorkers: workers,
    // A pool of several workers above its minimum fails when it ends two that are idle.
    minWorkers: workers,
    poolOptions: { forks: { isolate: false } },
    sequence: { sequencer: Sequencer }
  }
})
