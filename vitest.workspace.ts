import { defineWorkspace } from "vitest/config"

// One project for all packages: its workers load a module once, and none of them waits for the last file of a package.
export default defineWorkspace([
  {
    extends: "./vitest.config.ts",
    test: { name: "packages", include: ["packages/*/test/**/*.test.ts", "examples/test/**/*.test.ts"] }
  }
])
