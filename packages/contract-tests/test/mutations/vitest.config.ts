import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

// `npm run mutations`: every mutation.
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: { include: ["test/Mutations.test.ts"], env: { MUTATIONS: "every" } }
})
