import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const parts = availableParallelism()

// `npm run mutations`: every mutation, a part of them on each core.
export default defineConfig({
  test: {
    maxWorkers: parts,
    minWorkers: parts,
    projects: Array.from({ length: parts }, (_, index) => ({
      root: fileURLToPath(new URL("../..", import.meta.url)),
      test: {
        name: `part ${index + 1} of ${parts}`,
        include: ["test/Mutations.test.ts"],
        env: { MUTATIONS: "every", MUTATIONS_PART: `${index + 1}/${parts}` }
      }
    }))
  }
})
